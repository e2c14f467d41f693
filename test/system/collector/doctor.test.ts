import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import rhea, { type Container, type EventContext } from 'rhea'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RoleFinding } from '../../../src/doctor/index.ts'
import { SimulatedVan, type VanOptions } from '../../../src/simulate/index.ts'
import { type KeyPair, TestAuthority } from '../../support/certificates.ts'
import { runTidemark } from '../../support/flowd/flowd-process.ts'
import { freePort } from '../../support/free-port.ts'
import { RunningApi } from '../../support/running-api.ts'

const NAMES = 'DNS:localhost,IP:127.0.0.1'
const SECRET = 0o600

let folder = ''
let authority: TestAuthority
let router: KeyPair
let client: KeyPair
const toStop: (() => unknown)[] = []
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-doctor-'))
  authority = new TestAuthority()
  router = authority.issue('router', NAMES, 90)
  client = authority.issue('client', 'DNS:client', 90)
  chmodSync(client.keyFile, SECRET)
})
afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop()
})
afterAll(() => {
  authority.remove()
  rmSync(folder, { recursive: true })
})

const saying = (text: string): unknown => expect.stringContaining(text)

/** Runs the doctor on a configuration, and returns its findings by what was looked at. */
async function examine(configuration: object | string, words: readonly string[] = []) {
  const file = join(folder, 'collector.yaml')
  writeFileSync(file, typeof configuration === 'string' ? configuration : JSON.stringify(configuration))
  const { code, stdout, stderr } = await runTidemark(['--conf', file, 'doctor', '-o', 'json', ...words])
  expect(stderr).toBe('')
  const findings = JSON.parse(stdout) as RoleFinding[]
  for (const { status, remedy } of findings) expect(remedy === '').toBe(status === 'ok')
  for (const { check, role } of findings) expect(role).toBe(check === 'clock' ? 'host' : 'collector')
  expect(code).toBe(findings.some(({ status }) => status === 'failed') ? 1 : 0)
  return new Map(findings.map(finding => [finding.check, finding]))
}

/** A configuration that names a router on a port of this host. */
function reading(port: number, amqp: object = {}, scheme = 'amqp') {
  return { amqp: { url: `${scheme}://127.0.0.1:${port}`, openTimeoutSeconds: 3, ...amqp }, http: { bindPort: 0 } }
}

const readingByTls = (port: number, tls: object) => reading(port, { tls }, 'amqps')
const trusting = () => ({ caFile: authority.caFile, ...client })

async function simulate(listen: VanOptions['listen'] = {}): Promise<number> {
  const van = new SimulatedVan({ listen: { port: 0, ...listen }, speed: 20 })
  await van.start()
  toStop.push(() => van.stop())
  return van.port
}

const simulateByTls = (pair: KeyPair) =>
  simulate({
    anonymous: false,
    tls: {
      cert: readFileSync(pair.certificateFile),
      key: readFileSync(pair.keyFile),
      ca: readFileSync(authority.caFile),
    },
  })

describe('the router', () => {
  it('is one of a Skupper network', async () => {
    const port = await simulate()
    const findings = await examine(reading(port))
    expect([...findings.keys()]).toEqual([
      'configuration',
      `router amqp://127.0.0.1:${port}`,
      'AMQP',
      'VAN-Flow',
      'http 127.0.0.1:0',
      'clock',
    ])
    for (const [check, { status }] of findings) if (check !== 'clock') expect([check, status]).toEqual([check, 'ok'])
    expect(findings.get('AMQP')?.found).toBe('opened by skupper-router 3.5.1')
    expect(findings.get('VAN-Flow')?.found).toMatch(/^(ROUTER|CONTROLLER) \S+ announced itself within \d+\.\d s$/)
  })

  it('is one behind TLS with a client certificate, whose validity is told', async () => {
    const findings = await examine(readingByTls(await simulateByTls(router), trusting()))
    for (const check of ['certificate for the router', 'key for the router', "router's certificate", 'VAN-Flow']) {
      expect(findings.get(check)).toMatchObject({ status: 'ok' })
    }
    expect([...findings].find(([check]) => check.startsWith('router amqps:'))?.[1].found).toMatch(
      /^reached at 127\.0\.0\.1:\d+ by TLSv1\.3$/,
    )
  })

  it.each<[string, string, () => KeyPair, () => object]>([
    ['is signed by another authority', 'is not signed by an authority', () => router, wrongAuthority],
    ['has expired', 'is not valid at this time', () => authority.issue('old', NAMES, -1), trusting],
    ['is for another name', 'is for another name', () => authority.issue('else', 'DNS:elsewhere', 90), trusting],
  ])('shows a certificate that %s', async (_what, found, pair, tls) => {
    const findings = await examine(readingByTls(await simulateByTls(pair()), tls()))
    const [, finding] = [...findings].find(([check]) => check.startsWith('router amqps:'))!
    expect(finding).toMatchObject({ status: 'failed', found: saying(found) })
    // What cannot be reached is not asked.
    expect([findings.get('AMQP'), findings.get('VAN-Flow')]).toEqual([undefined, undefined])
    expect(findings.get('http 127.0.0.1:0')).toMatchObject({ status: 'ok' })
  })

  function wrongAuthority() {
    const stranger = new TestAuthority()
    toStop.push(() => stranger.remove())
    return { ...client, caFile: stranger.caFile }
  }

  it('shows a certificate that will soon have expired, to a client whose own has', async () => {
    const port = await simulateByTls(authority.issue('soon', NAMES, 5))
    expect((await examine(readingByTls(port, trusting()))).get("router's certificate")).toMatchObject({
      status: 'warning',
      found: saying('for 4 more days'),
    })
    const expired = authority.issue('expired', 'DNS:client', -1)
    const findings = await examine(readingByTls(port, { caFile: authority.caFile, ...expired }))
    expect(findings.get(`router amqps://127.0.0.1:${port}`)).toMatchObject({
      status: 'failed',
      found: saying(expired.certificateFile),
    })
  })

  it('is whoever answers, where nothing is verified', async () => {
    const port = await simulateByTls(router)
    const findings = await examine(readingByTls(port, { ...client, verify: false }))
    expect(findings.get(`router amqps://127.0.0.1:${port}`)).toMatchObject({
      status: 'warning',
      remedy: saying('amqp.tls.verify'),
    })
  })

  it('is not there', async () => {
    const port = await freePort()
    expect((await examine(reading(port))).get(`router amqp://127.0.0.1:${port}`)).toMatchObject({
      status: 'failed',
      found: saying('ECONNREFUSED'),
    })
    const nowhere = await examine({ amqp: { url: 'amqp://nowhere.invalid' }, http: { bindPort: 0 } })
    expect(nowhere.get('router amqp://nowhere.invalid:5672')).toMatchObject({ status: 'failed' })
  })

  it('accepts and says nothing', async () => {
    const mute = createServer().listen(0, '127.0.0.1')
    await once(mute, 'listening')
    toStop.push(() => mute.close())
    const { port } = mute.address() as AddressInfo
    const findings = await examine(reading(port, { openTimeoutSeconds: 0.5 }))
    expect(findings.get(`router amqp://127.0.0.1:${port}`)).toMatchObject({ status: 'ok' })
    expect(findings.get('AMQP')).toMatchObject({ status: 'failed', found: saying('no answer within 500 ms') })
  })

  it('lets nobody in without a password', async () => {
    const port = await simulate({ anonymous: false, plain: { user: 'tide', password: 'mark' } })
    expect((await examine(reading(port))).get('AMQP')).toMatchObject({
      status: 'failed',
      found: saying('did not accept who we are'),
    })
    const passwordFile = join(folder, 'password')
    writeFileSync(passwordFile, 'mark\n', { mode: 0o644 })
    const findings = await examine(reading(port, { sasl: { user: 'tide', passwordFile } }))
    expect(findings.get('VAN-Flow')).toMatchObject({ status: 'ok' })
    expect(findings.get('password for the router')).toMatchObject({
      status: 'warning',
      found: saying('mode 0644'),
      remedy: saying(`chmod 640 ${passwordFile}`),
    })
  })

  /** Something that speaks AMQP and is no Skupper router. */
  async function broker(prepare: (container: Container) => void): Promise<number> {
    const container = rhea.create_container()
    for (const event of ['disconnected', 'connection_close', 'sender_error']) container.on(event, () => undefined)
    prepare(container)
    const server = container.listen({ port: 0, host: '127.0.0.1' })
    await once(server, 'listening')
    toStop.push(() => server.close())
    return (server.address() as AddressInfo).port
  }

  it('passes nothing on', async () => {
    const findings = await examine(reading(await broker(() => undefined)))
    expect(findings.get('AMQP')).toMatchObject({ status: 'ok' })
    expect(findings.get('VAN-Flow')).toMatchObject({
      status: 'failed',
      found: saying('nothing announced itself at mc/sfe.all within 12.0 s'),
      remedy: saying('connect-to-skupper.md'),
    })
  })

  it('refuses the link', async () => {
    const port = await broker(container =>
      container.on('sender_open', ({ sender }: EventContext) => {
        sender?.close({ condition: 'amqp:unauthorized-access', description: 'not for you' })
      }),
    )
    expect((await examine(reading(port))).get('VAN-Flow')).toMatchObject({
      status: 'failed',
      found: saying('not for you'),
    })
  })
})

describe('the HTTP server', () => {
  /** A configuration whose router is not there, which these tests do not care for. */
  const serving = (http: object) => ({ amqp: { url: 'amqp://127.0.0.1:1' }, http })

  it('has a port that is free, taken by itself, or by another', async () => {
    const free = await freePort()
    const status = async (port: number) => (await examine(serving({ bindPort: port }))).get(`http 127.0.0.1:${port}`)
    expect(await status(free)).toMatchObject({ status: 'ok', found: 'free' })
    await using api = await RunningApi.start()
    expect(await status(Number(new URL(api.url).port))).toMatchObject({ status: 'ok', found: saying('already') })
    const other = createHttpServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    toStop.push(() => other.close())
    expect(await status((other.address() as AddressInfo).port)).toMatchObject({
      status: 'failed',
      found: 'another program listens there',
    })
  })

  it('has an address that is not of this host', async () => {
    const findings = await examine(serving({ bindAddress: '192.0.2.1', bindPort: 8010, access: 'open' }))
    expect(findings.get('http 192.0.2.1:8010')).toMatchObject({
      status: 'failed',
      found: saying('no address of this host'),
    })
  })

  it('has files that can be used, that all may read, or that are wrong', async () => {
    const pair = authority.issue('server', NAMES, 90)
    chmodSync(pair.keyFile, SECRET)
    const tokenFile = join(folder, 'tokens')
    writeFileSync(tokenFile, 'a-token-that-is-long-enough\n', { mode: SECRET })
    const good = await examine(serving({ bindPort: 0, tokenFile, ...pair }))
    for (const key of ['tokenFile', 'keyFile', 'certificateFile']) {
      expect(good.get(`http.${key}`)).toMatchObject({ status: 'ok' })
    }
    chmodSync(tokenFile, 0o664)
    expect((await examine(serving({ bindPort: 0, tokenFile }))).get('http.tokenFile')).toMatchObject({
      status: 'warning',
      found: saying('mode 0664'),
    })
    writeFileSync(tokenFile, 'short\n')
    const wrong = await examine(serving({ bindPort: 0, tokenFile }))
    expect(wrong.get('http files')).toMatchObject({ status: 'failed', found: saying('line 1 is no token') })
    const absent = await examine(serving({ bindPort: 0, tokenFile: join(folder, 'none') }))
    expect(absent.get('http.tokenFile')).toMatchObject({ status: 'failed', found: saying('ENOENT') })
    const expired = authority.issue('expired-server', NAMES, -1)
    expect((await examine(serving({ bindPort: 0, ...expired }))).get('http.certificateFile')).toMatchObject({
      status: 'failed',
      found: saying('expired at'),
    })
  })
})

describe('the configuration', () => {
  it('is odd, or wrong, and then nothing else is looked at', async () => {
    const port = await simulate()
    const odd = await examine({ ...reading(port), htp: {} })
    expect(odd.get('configuration')).toMatchObject({ status: 'warning' })
    expect(odd.get('VAN-Flow')).toMatchObject({ status: 'ok' })
    const wrong = await examine('amqp: {credit: 0}')
    expect([...wrong.keys()]).toEqual(['configuration', 'clock'])
    expect(wrong.get('configuration')).toMatchObject({ status: 'failed', found: saying('credit') })
  })

  it('is a connect.json that cannot be used', async () => {
    const connectFile = join(folder, 'connect.json')
    writeFileSync(connectFile, '{"scheme": "http"}')
    const findings = await examine({ amqp: { connectFile }, http: { bindPort: 0 } })
    expect(findings.get('connect.json')).toMatchObject({ status: 'failed', found: saying(connectFile) })
  })

  it('is empty and the role named: then it is the collector all the same', async () => {
    const findings = await examine('', ['--role', 'collector'])
    expect(findings.get('configuration')).toMatchObject({ status: 'ok' })
    expect([...findings.keys()].some(check => check.startsWith('router '))).toBe(true)
  })
})
