import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { FlowdProcess, runTidemark, TIDEMARK } from '../support/flowd/flowd-process.ts'
import { ask, bearer } from '../support/http-access.ts'

const TOKEN = 'a-token-that-is-long-enough'
const SLOW_CLIENTS = 1000

let folder = ''
let tokenFile = ''
let flowd: FlowdProcess
let collector: ChildProcess
/** Where each role listens, and a path of it that needs the token. */
const roles: Record<'flowd' | 'collector', { base: string; path: string }> = {
  flowd: { base: '', path: '/flows' },
  collector: { base: '', path: '/api/v1alpha1/links' },
}
const names = ['flowd', 'collector'] as const

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-abuse-'))
  tokenFile = join(folder, 'tokens')
  writeFileSync(tokenFile, `${TOKEN}\n`)
  flowd = await new FlowdProcess({ configuration: { plugins: { api: { bindPort: 0, tokenFile } } } }).ready()
  roles.flowd.base = /address="?(http:[^\s"]+)/.exec(flowd.stderr)?.[1] ?? ''
  const conf = join(folder, 'collector.yaml')
  writeFileSync(conf, JSON.stringify({ amqp: { url: 'amqp://127.0.0.1:1' }, http: { bindPort: 0, tokenFile } }))
  collector = spawn(TIDEMARK, ['--conf', conf, 'collector', 'run'], { stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  collector.stdout?.setEncoding('utf8').on('data', (part: string) => {
    said += part
  })
  await vi.waitFor(() => expect(said).toContain('collector is ready'), { timeout: 30_000 })
  roles.collector.base = /API (http:\S+?);/.exec(said)?.[1] ?? ''
})
afterAll(async () => {
  await flowd[Symbol.asyncDispose]()
  if (collector.exitCode === null && collector.signalCode === null) {
    collector.kill('SIGKILL')
    await once(collector, 'exit')
  }
  rmSync(folder, { recursive: true })
})

function open(base: string, head: string): Socket {
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  // A reset is one of the ways in which a server may refuse.
  socket.on('error', () => socket.destroy())
  socket.write(head)
  return socket
}

/**
 * Sends bytes as they are and gives the status of the answer; undefined when the server closed so early that its reset
 * overtook the answer, as it may when it leaves a part unread.
 */
async function statusOf(base: string, bytes: string): Promise<number | undefined> {
  const socket = open(base, bytes)
  const answer = await text(socket).catch(() => '')
  const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]
  return status === undefined ? undefined : Number(status)
}

const HEAD = `Host: x\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\n`

describe.each(names)('%s under abuse', name => {
  /** A client that behaves is served. */
  async function expectService(): Promise<void> {
    const { base, path } = roles[name]
    expect((await ask(`${base}${path}`, bearer(TOKEN))).status).toBe(200)
    expect((await ask(`${base}/healthz`)).status).toBe(200)
  }

  it('serves others while 1,000 clients send their heads and bodies slowly, and closes those', async () => {
    const { base } = roles[name]
    const heads = ['', 'G', `GET / HTTP/1.1\r\n${HEAD}`, `POST /flow HTTP/1.1\r\n${HEAD}Content-Length: 1000\r\n\r\n`]
    const sockets = Array.from({ length: SLOW_CLIENTS }, (_none, at) => open(base, heads[at % heads.length] ?? ''))
    for (const socket of sockets) socket.resume()
    await expect.poll(() => sockets.every(socket => !socket.connecting)).toBe(true)
    const drip = setInterval(() => {
      for (const [at, socket] of sockets.entries()) if (at % heads.length > 1 && socket.writable) socket.write('x')
    }, 1000)
    try {
      let served = 0
      while (sockets.some(socket => !socket.destroyed)) {
        await expectService()
        served += 1
        await new Promise(resolve => setTimeout(resolve, 250))
      }
      expect(served).toBeGreaterThan(2)
    } finally {
      clearInterval(drip)
      for (const socket of sockets) socket.destroy()
    }
  })

  it.each<[string, string, (number | undefined)[]]>([
    ['a large header', `GET / HTTP/1.1\r\n${HEAD}X: ${'x'.repeat(20_000)}\r\n\r\n`, [431, undefined]],
    ['many headers', `GET / HTTP/1.1\r\n${HEAD}${'X: y\r\n'.repeat(5000)}\r\n`, [431, undefined]],
    ['a long URL', `GET /${'x'.repeat(9000)} HTTP/1.1\r\n${HEAD}\r\n`, [414]],
    ['a very long URL', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n${HEAD}\r\n`, [431, undefined]],
    [
      'a large body',
      `POST /flow HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 999999999\r\n\r\n`,
      [413, 404],
    ],
    [
      'a body of no length',
      `POST /flow HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${`2000\r\n${'x'.repeat(8192)}\r\n`.repeat(20)}`,
      [413, 404, undefined],
    ],
    ['two lengths', `POST /flow HTTP/1.1\r\n${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, [400]],
    ['no HTTP', '\0\x01\x02\x03\r\n\r\n', [400]],
    ['a handshake of TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', [400]],
    ['traversal', `GET /../../../../etc/passwd HTTP/1.1\r\n${HEAD}\r\n`, [404]],
    ['encoded traversal', `GET /%2e%2e/%2e%2e%2fetc/passwd HTTP/1.1\r\n${HEAD}\r\n`, [404]],
    ['traversal below the API', `GET /api/v1alpha1/..%2f..%2fetc/passwd HTTP/1.1\r\n${HEAD}\r\n`, [400, 404]],
    ['a wrong escape', `GET /%zz HTTP/1.1\r\n${HEAD}\r\n`, [400, 404]],
    ['a prototype as path', `GET /api/v1alpha1/__proto__ HTTP/1.1\r\n${HEAD}\r\n`, [400, 404]],
    ['a constructor as path', `GET /constructor HTTP/1.1\r\n${HEAD}\r\n`, [404]],
    [
      'prototypes as query',
      `GET /api/v1alpha1/flows?__proto__[x]=1&constructor.prototype=2&vanaddr=__proto__ HTTP/1.1\r\n${HEAD}\r\n`,
      [200, 404],
    ],
    ['prototypes as flows’ query', `GET /flows?__proto__=1&limit=__proto__ HTTP/1.1\r\n${HEAD}\r\n`, [400, 404]],
    ['no token', 'GET /flows HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', [401]],
  ])('answers %s with a refusal, and goes on', async (_what, bytes, allowed) => {
    expect(allowed).toContain(await statusOf(roles[name].base, bytes))
    await expectService()
  })

  it.each(['{"__proto__":{"State":2}}', '{"constructor":{"prototype":{"x":1}}}', '{"State":{"__proto__":2}}'])(
    'refuses the JSON %s',
    async body => {
      const bytes = `POST /flow HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      expect([400, 404]).toContain(await statusOf(roles[name].base, bytes))
      await expectService()
    },
  )
})

describe('others reach the address', () => {
  it.each([
    ['collector', { http: { bindAddress: '0.0.0.0', bindPort: 0 } }, 'http.access: open'],
    ['flowd', { plugins: { api: { bindAddress: '::', bindPort: 0 } } }, 'plugins.api.access: open'],
    [
      'flowd',
      { compatibility: 'flowd-go', plugins: { api: { bindAddress: '0.0.0.0', access: 'guarded' } } },
      'plugins.api.access: open',
    ],
  ])('%s neither starts nor passes its check without access control', async (role, configuration, remedy) => {
    const conf = join(folder, 'unguarded.yaml')
    writeFileSync(conf, JSON.stringify(configuration))
    for (const command of ['run', 'check']) {
      const { code, stderr } = await runTidemark(['--conf', conf, role, command])
      expect([command, code]).toEqual([command, 78])
      expect(stderr).toContain('error HTTP_UNGUARDED: ')
      expect(stderr).toContain(remedy)
    }
  })

  it('check names the file of a secret and never shows what it holds', async () => {
    const conf = join(folder, 'guarded.yaml')
    writeFileSync(conf, JSON.stringify({ http: { tokenFile } }))
    const { code, stdout, stderr } = await runTidemark(['--conf', conf, 'collector', 'check'])
    expect(code).toBe(0)
    expect(stdout).toContain(tokenFile)
    expect(stdout + stderr).not.toContain(TOKEN)
  })
})
