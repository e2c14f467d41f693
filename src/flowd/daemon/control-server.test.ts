import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../../test/support/test-folder.ts'
import { errorBody, isTidemarkError, silentLogger, TidemarkError } from '../../common/index.ts'
import type { HealthView } from '../health.ts'
import { ControlClient } from './control-client.ts'
import type { ControlPort } from './control-port.ts'
import { ControlServer } from './control-server.ts'

const folder = testFolder()

const FLOW = {
  protocol: 'tcp',
  family: 'ipv6',
  source: '[::1]:1',
  destination: '[::1]:2',
  experiment: 3,
  activity: 14,
  application: 'x',
  origin: 'namedPipe',
  startTime: '2026-01-01T00:00:00Z',
}

class FakePort implements ControlPort {
  state: HealthView['status'] = 'ready'
  readonly lines: string[] = []
  flows = () => [FLOW]
  health = (): HealthView => ({
    status: this.state,
    uptimeSeconds: 1,
    liveFlows: 1,
    plugins: [],
    backends: [],
    problems: [],
    enrichers: [],
  })
  status = () => ({
    ...this.health(),
    version: '1',
    configuration: 'f',
    activities: [],
    stages: [],
    figures: { one: 1 },
  })
  send = (lines: readonly string[]) => {
    this.lines.push(...lines)
    const error = errorBody(new TidemarkError('HTTP_BAD_REQUEST', { reason: 'no such state' }))
    return { accepted: lines.length - 1, refused: [{ line: lines.length, error }], warnings: [] }
  }
  reload = () => Promise.reject(new TidemarkError('CONFIG_INVALID', { file: 'f', problems: 'f:1:1: bad' }))
  metrics = () => Promise.resolve({ contentType: 'text/plain', text: 'up 1\n' })
}

async function running(path: string, work: (client: ControlClient, port: FakePort) => Promise<void>) {
  const port = new FakePort()
  const server = new ControlServer({ path, mode: '0660' }, port, silentLogger)
  await server.start()
  try {
    await work(new ControlClient(path), port)
  } finally {
    await server.stop()
    await server.stop()
  }
}

describe('the control socket', () => {
  it('serves flows, events, health and reload', async () => {
    await running(join(folder, 'a.sock'), async (client, port) => {
      expect(await client.flows()).toEqual([FLOW])
      expect(await client.health()).toMatchObject({ status: 'ready', liveFlows: 1 })
      const sent = await client.send(['start tcp ::1 1 ::1 2 3 14', '', 'nonsense'])
      expect(port.lines).toEqual(['start tcp ::1 1 ::1 2 3 14', '', 'nonsense'])
      expect(sent).toMatchObject({ accepted: 2, refused: [{ line: 3, error: { code: 'HTTP_BAD_REQUEST' } }] })
      await expect(client.reload()).rejects.toMatchObject({
        code: 'FLOWD_REFUSED',
        message: 'f cannot be used:\nf:1:1: bad (CONFIG_INVALID)',
      })
    })
  })

  it('is open to its user and group only, and gone after the stop', async () => {
    const path = join(folder, 'made/on/the/way.sock')
    await running(path, async () => {
      expect(statSync(path).mode & 0o777).toBe(0o660)
      expect(statSync(join(folder, 'made')).mode & 0o777).toBe(0o755)
      return Promise.resolve()
    })
    expect(existsSync(path)).toBe(false)
  })

  it('replaces what a killed process left, and refuses to start beside a living one or over a file', async () => {
    const path = join(folder, 'b.sock')
    const foreign = createServer().listen(path)
    await new Promise(resolve => foreign.once('listening', resolve))
    const second = new ControlServer({ path, mode: '0660' }, new FakePort(), silentLogger)
    await expect(second.start()).rejects.toMatchObject({ code: 'CONTROL_SOCKET_IN_USE' })
    await new Promise(resolve => foreign.close(resolve))

    const file = join(folder, 'file')
    writeFileSync(file, 'precious')
    await expect(new ControlServer({ path: file, mode: '0660' }, new FakePort(), silentLogger).start()).rejects.toThrow(
      /no socket/,
    )
    expect(existsSync(file)).toBe(true)
    const long = join(folder, 'x'.repeat(120))
    await expect(
      new ControlServer({ path: long, mode: '0660' }, new FakePort(), silentLogger).start(),
    ).rejects.toMatchObject({ code: 'CONTROL_SOCKET_FAILED' })
  })

  it('takes a socket of which it cannot tell whether somebody listens for no leftover', async () => {
    const path = join(folder, 'datagrams.sock')
    // No stream connects to it, which is told by another error than that of a leftover, as with a socket of another
    // user.
    const bind = `import socket, sys
bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
bound.bind(sys.argv[1])
print('bound', flush=True)
sys.stdin.read()`
    const owner = spawn('python3', ['-c', bind, path], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      await once(owner.stdout, 'data')
      const server = new ControlServer({ path, mode: '0660' }, new FakePort(), silentLogger)
      await expect(server.start()).rejects.toMatchObject({ code: 'CONTROL_SOCKET_FAILED' })
      expect(existsSync(path)).toBe(true)
    } finally {
      owner.stdin.end()
      await once(owner, 'exit')
    }
  })

  /** What a client says of something that listens, and answers each connection in this way. */
  async function failureAgainst(name: string, answer: (socket: Socket) => void): Promise<TidemarkError> {
    const path = join(folder, name)
    const sockets: Socket[] = []
    const server = createServer(socket => {
      sockets.push(socket)
      answer(socket.on('error', () => undefined))
    }).listen(path)
    await once(server, 'listening')
    try {
      const failure: unknown = await new ControlClient(path, 300).flows().catch((error: unknown) => error)
      if (isTidemarkError(failure)) return failure
      throw failure
    } finally {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  }

  it.each([
    ['takes the connection and says nothing', ''],
    ['never ends its answer', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"flows":['],
  ])('is told of a flowd that %s', async (_what, says) => {
    const failure = await failureAgainst(`silent-${says.length}.sock`, socket => socket.write(says))
    expect(failure).toMatchObject({ code: 'FLOWD_SILENT', message: expect.stringContaining('within 0.3 s') as string })
  })

  it.each([
    ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['no JSON', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>'],
    ['no object', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n12'],
    ['an error of another table', 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}'],
  ])('is told that what answers is no flowd: %s', async (what, says) => {
    const failure = await failureAgainst(`other-${what.length}.sock`, socket => socket.end(says))
    expect(failure.code).toBe('FLOWD_ANSWER_UNREADABLE')
  })

  it('says that nobody answers', async () => {
    await expect(new ControlClient(join(folder, 'none.sock')).flows()).rejects.toMatchObject({
      code: 'FLOWD_UNREACHABLE',
    })
  })
})
