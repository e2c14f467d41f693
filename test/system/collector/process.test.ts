import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { SimulatedVan } from '../../../src/simulate/index.ts'
import { testFolder } from '../../support/test-folder.ts'

const TIDEMARK = resolve('bin/tidemark')

const folder = testFolder()
const running: ChildProcess[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

/** A real `tidemark collector` process, run in a folder of its own. */
function start(words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(TIDEMARK, words, { cwd: folder, env: { ...process.env, ...environment } })
  running.push(child)
  const output = { text: '' }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output.text += text
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { child, output, ended }
}

function configure(configuration: object): string {
  const file = join(folder, 'collector.yaml')
  writeFileSync(file, JSON.stringify(configuration))
  return file
}

async function run(configuration: object, environment: NodeJS.ProcessEnv = {}) {
  const process = start(['--conf', configure(configuration), 'collector', 'run'], environment)
  await expect.poll(() => process.output.text).toContain('collector is ready')
  const api = /API (http:\S+?);/.exec(process.output.text)?.[1] ?? ''
  return { ...process, api }
}

describe('tidemark collector run', () => {
  it('is ready without a router, sees the network when one comes, and ends with 0 when told to', async () => {
    const van = new SimulatedVan({ listen: { port: 0 }, speed: 10 })
    await van.start()
    await van.stop()
    const collector = await run({ amqp: { url: `amqp://127.0.0.1:${van.port}` }, http: { bindPort: 0 } })
    expect((await fetch(`${collector.api}/healthz`)).status).toBe(200)
    const before = await fetch(`${collector.api}/readyz`)
    expect(before.status).toBe(503)
    expect(await before.text()).toContain(`127.0.0.1:${van.port}`)
    expect(collector.output.text).toContain('AMQP_UNREACHABLE')

    await van.start()
    try {
      const topology = async () =>
        (await (await fetch(`${collector.api}/api/v1alpha1/topology`)).json()) as { rtype: string }[]
      const routers = async () => (await topology()).filter(({ rtype }) => rtype === 'ROUTER').length
      await expect.poll(() => routers(), { interval: 100 }).toBe(3)
      expect((await fetch(`${collector.api}/readyz`)).status).toBe(200)
      const metrics = await (await fetch(`${collector.api}/metrics`)).text()
      expect(metrics).toMatch(/tidemark_collector_van_connected 1\n/)
      expect(metrics).toMatch(/tidemark_collector_received_total{stage="van-records"} [1-9]/)
    } finally {
      collector.child.kill('SIGTERM')
      expect(await collector.ended).toBe(0)
      await van.stop()
    }
    expect(collector.output.text).toContain('stopped')
  })

  it('finds its router by connect.json, and lets other origins read when USE_CORS says so', async () => {
    const van = new SimulatedVan({ listen: { port: 0 }, speed: 10 })
    await van.start()
    try {
      const file = join(folder, 'elsewhere.json')
      writeFileSync(file, JSON.stringify({ scheme: 'amqp', host: '127.0.0.1', port: String(van.port) }))
      const environment = { MESSAGING_CONNECT_FILE: file, USE_CORS: 'yes' }
      const collector = await run({ http: { bindPort: 0 } }, environment)
      const ready = async () => (await fetch(`${collector.api}/readyz`)).status
      await expect.poll(() => ready()).toBe(200)
      const answer = await fetch(`${collector.api}/api/v1alpha1/routers`)
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    } finally {
      await van.stop()
    }
  })

  it('takes up at SIGHUP what can change while it runs, says what cannot, and refuses what is wrong', async () => {
    const vans = [
      new SimulatedVan({ listen: { port: 0 }, speed: 10 }),
      new SimulatedVan({ listen: { port: 0 }, speed: 10 }),
    ]
    for (const van of vans) await van.start()
    const url = (index: number) => `amqp://127.0.0.1:${vans[index]?.port}`
    const collector = await run({ amqp: { url: url(0) }, http: { bindPort: 0 } })
    const readiness = async () => (await fetch(`${collector.api}/readyz`)).text()
    const reload = async (says: string) => {
      collector.output.text = ''
      collector.child.kill('SIGHUP')
      await expect.poll(() => collector.output.text).toContain(says)
      return collector.output.text
    }
    try {
      await expect.poll(() => readiness()).toContain(`connected to ${url(0)}`)
      configure({ amqp: { url: url(1) }, http: { bindPort: 0, cors: true }, retention: { endedMinutes: 1 } })
      expect(await reload('changes="amqp, retention"')).toContain('http has changed in the file: only a restart')
      await expect.poll(() => readiness()).toContain(`connected to ${url(1)}`)

      configure({ amqp: { url: 'http://wrong' }, http: { bindPort: 0 } })
      expect(await reload('the new configuration is refused')).toContain('amqp.url')
      expect(await readiness()).toContain(`connected to ${url(1)}`)
    } finally {
      collector.child.kill('SIGTERM')
      expect(await collector.ended).toBe(0)
      for (const van of vans) await van.stop()
    }
  })

  it('ends with 1 and a remedy when its address is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const { ended, output } = start(['--conf', configure({ http: { bindPort: port } }), 'collector', 'run'])
    expect(await ended).toBe(1)
    expect(output.text).toContain('ADDRESS_IN_USE')
    expect(output.text).toContain('remedy:')
    server.close()
  })

  it.each([
    ['a wrong value', { http: { bindPort: 'abc' } }, {}, 'http.bindPort'],
    ['a wrong connection file', {}, { MESSAGING_CONNECT_FILE: '/nowhere/connect.json' }, '/nowhere/connect.json'],
  ])('ends with 78 on %s, naming it', async (_, configuration, environment, named) => {
    const { ended, output } = start(['--conf', configure(configuration), 'collector', 'run'], environment)
    expect(await ended).toBe(78)
    expect(output.text).toContain(named)
    expect(output.text).toContain('remedy:')
  })

  it('ends with 2 on wrong usage', async () => {
    expect(await start(['collector', 'nonsense']).ended).toBe(2)
  })
})

describe('tidemark collector check', () => {
  it('prints what is in force, from where, and which router that means', async () => {
    const file = configure({ amqp: { url: 'amqps://router.example' } })
    const { ended, output } = start(['--conf', file, 'collector', 'check'])
    expect(await ended).toBe(0)
    expect(output.text).toMatch(/amqp\.url +'amqps:\/\/router\.example' +.*collector\.yaml:1/)
    expect(output.text).toMatch(/\(router\) +amqps:\/\/router\.example:5671 +amqp\.url/)
    expect(output.text).toMatch(/http\.bindPort +8010 +default/)
  })
})
