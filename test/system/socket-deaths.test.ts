import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SocketDeaths, type SocketProtocol, type SocketRecord, SocketTable } from '../../src/linux/index.ts'

interface Death {
  protocol: string
  local: string
  remote: string
  cookie: string
  /** Without what was sent again. */
  bytesSent: number
  bytesReceived: number | undefined
}

const BYTES = 300_000

function remember(deaths: Death[]) {
  return (protocol: SocketProtocol, { local, remote, cookie, tcpInfo }: SocketRecord) => {
    const { bytesSent = 0, bytesRetrans = 0, bytesReceived } = tcpInfo ?? {}
    deaths.push({
      protocol,
      local: end(local),
      remote: end(remote),
      cookie,
      bytesSent: bytesSent - bytesRetrans,
      bytesReceived,
    })
  }
}

const end = ({ address, port }: { address: string; port: number }) => `${address} ${port}`

describe('the deaths of sockets that the kernel tells of', () => {
  const deaths: Death[] = []
  const listener = SocketDeaths.open({ onDeath: remember(deaths), onMissed: () => undefined })
  const table = SocketTable.open()
  let server: Server
  let port = 0

  beforeAll(async () => {
    server = createServer(socket => socket.resume().on('error', () => undefined)).listen(0, '::')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })
  beforeEach(() => {
    deaths.length = 0
  })
  afterAll(() => {
    server.close()
    listener.close()
    listener.close()
    table.close()
  })

  async function connection(address: string): Promise<{ client: Socket; accepted: Socket; localPort: number }> {
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const client = connect(port, address)
    await once(client, 'connect')
    client.on('error', () => undefined)
    return { client, accepted: (await accepted)[0], localPort: client.localPort! }
  }

  const deathOf = (local: string) => deaths.find(death => death.local === local)

  it.each(['::1', '127.0.0.1'])('tells both ends of a connection over %s with their exact totals', async address => {
    const { client, localPort } = await connection(address)
    const tuple = { protocol: 'tcp' as const, source: { address, port: localPort }, destination: { address, port } }
    const cookie = table.lookup(tuple)?.cookie
    client.end(Buffer.alloc(BYTES))
    const [here, there] = [`${address} ${localPort}`, `${address} ${port}`]
    await expect.poll(() => deaths.filter(({ local, remote }) => [local, remote].includes(here)).length).toBe(2)
    // The peer's FIN counts as a byte received.
    expect(deathOf(here)).toEqual({
      protocol: 'tcp',
      local: here,
      remote: there,
      cookie,
      bytesSent: BYTES,
      bytesReceived: 1,
    })
    expect(deaths.find(({ remote }) => remote === here)).toMatchObject({
      protocol: 'tcp',
      local: there,
      bytesSent: 0,
      bytesReceived: BYTES + 1,
    })
    // Who closed first is in TIME_WAIT: dead, though the 5-tuple is still taken.
    expect(table.lookup(tuple)?.state).toBe('TIME_WAIT')
  })

  it('tells both ends of a connection that is reset; the one that does it has lost its peer', async () => {
    const { client, accepted, localPort } = await connection('::1')
    const closed = new Promise(resolve => client.once('close', resolve))
    accepted.resetAndDestroy()
    await closed
    await expect.poll(() => deathOf(`::1 ${localPort}`)).toMatchObject({ remote: `::1 ${port}` })
    await expect.poll(() => deathOf(`:: ${port}`)).toMatchObject({ protocol: 'tcp', remote: '::1 0' })
  })

  it('tells of UDP sockets, with their peer when they were connected', async () => {
    const [bound, connected] = [createSocket('udp4'), createSocket('udp6')]
    bound.bind(0, '127.0.0.1')
    connected.connect(port, '::1')
    await Promise.all([once(bound, 'listening'), once(connected, 'connect')])
    const [boundPort, connectedPort] = [bound.address().port, connected.address().port]
    bound.close()
    connected.close()
    await expect.poll(() => deathOf(`127.0.0.1 ${boundPort}`)).toMatchObject({ protocol: 'udp', remote: '0.0.0.0 0' })
    await expect.poll(() => deathOf(`::1 ${connectedPort}`)).toMatchObject({ protocol: 'udp', remote: `::1 ${port}` })
  })

  it('says how many it missed when they were too many at once, and hears those that come later', async () => {
    const few: Death[] = []
    let missed = 0
    using small = SocketDeaths.open({ onDeath: remember(few), onMissed: count => (missed += count) }, 100_000)
    // Nothing is read meanwhile.
    const script = `
import socket, time
for _ in range(3000): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(("127.0.0.1", 0))
time.sleep(1)`
    execFileSync('python3', ['-c', script])
    await expect.poll(() => missed).toBeGreaterThan(0)
    await expect.poll(() => few.length + missed).toBeGreaterThanOrEqual(3000)
    const { client, localPort } = await connection('::1')
    client.destroy()
    await expect.poll(() => few.some(({ local }) => local === `::1 ${localPort}`)).toBe(true)
    small.close()
  })

  it('needs no privilege', () => {
    const script = `
      import { SocketDeaths } from './src/linux/index.ts'
      import { createSocket } from 'node:dgram'
      SocketDeaths.open({ onDeath: () => { console.log('heard'); process.exit(0) }, onMissed: () => undefined })
      const socket = createSocket('udp6').bind(0, '::1', () => socket.close())`
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--no-new-privs']
    const words = [...nobody, process.execPath, '--input-type=module', '-e', script]
    expect(execFileSync('setpriv', words, { encoding: 'utf8' })).toBe('heard\n')
  })
})
