import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Arm64 } from '../../support/packaging/arm64.ts'

const PATIENCE = { timeout: 120_000, interval: 500 }

describe('the command on arm64, emulated', () => {
  let arm64: Arm64
  const running: ChildProcess[] = []
  beforeAll(() => {
    arm64 = new Arm64()
  }, 1_800_000)
  afterAll(async () => {
    for (const child of running) {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    }
    arm64.remove()
  })

  /** Starts a command and waits for what it says when it is ready. */
  async function start(says: RegExp, ...words: string[]): Promise<RegExpExecArray> {
    const [program, ...first] = arm64.command
    const child = spawn(program, [...first, ...words])
    running.push(child)
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
      })
    }
    await expect.poll(() => printed, PATIENCE).toMatch(says)
    return says.exec(printed) as RegExpExecArray
  }

  function configure(name: string, configuration: object): string {
    const path = join(arm64.folder, name)
    writeFileSync(path, JSON.stringify(configuration))
    return path
  }

  it('says its versions', () => {
    const printed = arm64.run('version')
    expect(printed).toMatch(/^node: v24\./m)
    expect(printed).toMatch(/^kernel: linux \S+ arm64$/m)
  })

  it('runs flowd: pipe, control socket, journal and fireflies', async () => {
    const file = configure('flowd.yaml', {
      pidPath: '',
      workDir: join(arm64.folder, 'work'),
      controlSocket: { path: join(arm64.folder, 'flowd.sock') },
      plugins: { namedPipe: { pipePath: join(arm64.folder, 'np') } },
      backends: { firefly: {} },
    })
    await start(/flowd is ready: plugins namedPipe; backends firefly/, '--conf', file, 'flowd', 'run')
    writeFileSync(join(arm64.folder, 'np'), 'start tcp ::1 2345 ::1 5777 cms 14\n')
    await expect.poll(() => arm64.run('--conf', file, 'flowd', 'flows'), PATIENCE).toContain('[::1]:2345')
  })

  it('runs the collector on a simulated network', async () => {
    const [, router = ''] = await start(/ready on (amqp:\S+)/, 'simulate', 'van', '--listen', '127.0.0.1:0')
    const file = configure('collector.yaml', { amqp: { url: router }, http: { bindPort: 0 } })
    const [, api = ''] = await start(/collector is ready: API (http:\S+);/, '--conf', file, 'collector', 'run')
    const routers = async () => (await (await fetch(`${api}/api/v1alpha1/routers`)).json()) as unknown[]
    await expect.poll(() => routers(), PATIENCE).toHaveLength(3)
  })
})
