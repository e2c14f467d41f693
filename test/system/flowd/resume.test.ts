import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FireflyReceiver } from '../../support/flowd/firefly-receiver.ts'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'

let receiver: FireflyReceiver
let server: Server
const folder = mkdtempSync(join(tmpdir(), 'tidemark-resume-'))

beforeAll(async () => {
  receiver = await new FireflyReceiver(undefined, 0).ready()
  server = createServer(socket => socket.resume().on('error', () => socket.destroy())).listen(0, '::1')
  await once(server, 'listening')
})
afterAll(() => {
  receiver.child.kill()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A real connection; its port identifies it. */
async function connection(): Promise<{ socket: Socket; port: number; line: string }> {
  const { port: serverPort } = server.address() as AddressInfo
  const socket = connect(serverPort, '::1')
  await once(socket, 'connect')
  const port = socket.localPort ?? 0
  return { socket, port, line: `tcp ::1 ${port} ::1 ${serverPort} 3 14` }
}

function configuration() {
  return { workDir: join(folder, 'work'), backends: { firefly: { destinationPort: receiver.port } } }
}

const sourcePort = (source: string) => Number(source.split(':').at(-1))

describe('flowd and the sockets of its flows', () => {
  it('ends a flow by itself when its socket is gone', async () => {
    await using flowd = await new FlowdProcess({ configuration: configuration() }).ready()
    const [kept, closed] = [await connection(), await connection()]
    await flowd.control.send([`start ${kept.line}`, `start ${closed.line}`])
    await receiver.one('start', closed.port)
    closed.socket.end(Buffer.alloc(70_000))
    const { usage } = await receiver.one('end', closed.port)
    expect(usage).toEqual({ sent: 70_000, received: 0 })
    const flows = await flowd.control.flows()
    expect(flows.map(({ source }) => sourcePort(source))).toEqual([kept.port])
    kept.socket.destroy()
    await flowd.stop()
  })

  it('after kill -9 resumes flows whose socket lives before it is ready, and announces the end of the others', async () => {
    const [kept, closed] = [await connection(), await connection()]
    const killed = await new FlowdProcess({ configuration: configuration() }).ready()
    await killed.control.send([`start ${kept.line}`, `start ${closed.line}`])
    await expect.poll(() => killed.control.flows()).toHaveLength(2)
    const before = await killed.control.flows()
    await receiver.one('start', closed.port)
    await killed.stop('SIGKILL')
    await killed[Symbol.asyncDispose]()
    closed.socket.resetAndDestroy()
    await once(closed.socket, 'close')

    await using next = await new FlowdProcess({ configuration: configuration() }).ready()
    expect(await next.control.flows()).toEqual(before.filter(({ source }) => sourcePort(source) === kept.port))
    await receiver.one('end', closed.port)
    const told = receiver.fireflies.filter(firefly => firefly['flow-id']['src-port'] === kept.port)
    expect(told.map(firefly => firefly['flow-lifecycle'].state)).toEqual(['start'])
    kept.socket.destroy()
    await next.stop()
  })

  it('after a stop goes on with flows whose socket lives: told as ended, then as started when they truly were', async () => {
    const [kept, closed] = [await connection(), await connection()]
    await using first = await new FlowdProcess({ configuration: configuration() }).ready()
    await first.control.send([`start ${kept.line}`, `start ${closed.line}`])
    await expect.poll(() => first.control.flows()).toHaveLength(2)
    const before = await first.control.flows()
    expect(await first.stop()).toBe(0)
    await receiver.one('end', closed.port)
    closed.socket.resetAndDestroy()
    await once(closed.socket, 'close')

    await using next = await new FlowdProcess({ configuration: configuration() }).ready()
    expect(await next.control.flows()).toEqual(before.filter(({ source }) => sourcePort(source) === kept.port))
    expect(await next.stop()).toBe(0)
    const told = (port: number) => receiver.fireflies.filter(firefly => firefly['flow-id']['src-port'] === port)
    await expect.poll(() => told(kept.port)).toHaveLength(4)
    expect(told(kept.port).map(firefly => firefly['flow-lifecycle'].state)).toEqual(['start', 'end', 'start', 'end'])
    expect(new Set(told(kept.port).map(firefly => firefly['flow-lifecycle']['start-time'])).size).toBe(1)
    expect(told(closed.port)).toHaveLength(2)
    kept.socket.destroy()
  })
})
