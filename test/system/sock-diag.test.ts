import type { ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inNetworkNamespace, type SocketEnd, SocketTable } from '../../src/linux/index.ts'
import { Laboratory } from '../support/namespace.ts'

const PEER = fileURLToPath(new URL('../support/tcp-peer-child.ts', import.meta.url))
const SERVER_PORT = 5201
const BYTES = 300_000

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = (await once(child.stdout!, 'data')) as [Buffer]
  return chunk.toString().trim()
}

describe('one socket in a namespace, judged by ss', () => {
  const laboratory = new Laboratory()
  let table: SocketTable
  let port = 0
  let seen = ''

  beforeAll(async () => {
    const { left, right } = laboratory.pair()
    // A small window on the right alone makes the two window scales differ.
    right.exec('sysctl', '-qw', 'net.ipv4.tcp_rmem=4096 65536 131072')
    const server = right.spawn(process.execPath, [PEER, 'listen', String(SERVER_PORT)])
    expect(await firstLine(server)).toBe('ready')
    const client = left.spawn(process.execPath, [PEER, 'connect', '2001:db8:1::2', String(SERVER_PORT), String(BYTES)])
    port = Number((await firstLine(client)).split(' ')[1])
    table = inNetworkNamespace(left.path, () => SocketTable.open())
    // Delayed acknowledgements have to settle, so that both readers see the same counters.
    const counters = () => /segs_out.*? data_segs_out:\d+/.exec(seen)?.[0]
    for (let before: string | undefined; before === undefined || before !== counters(); await sleep(500)) {
      before = counters()
      seen = left.exec('ss', '-tneiOmH', 'sport', '=', `:${port}`)
      if (!seen.includes(` bytes_acked:${BYTES + 1} `)) before = undefined
    }
  })
  afterAll(async () => {
    table.close()
    await laboratory.close()
  })

  const tuple = () => ({
    protocol: 'tcp' as const,
    source: { address: '2001:db8:1::1', port },
    destination: { address: '2001:db8:1::2', port: SERVER_PORT },
  })
  const said = (pattern: RegExp) => seen.match(pattern)?.slice(1).map(Number)

  it('finds it by its 5-tuple with the statistics that ss prints', () => {
    const record = table.lookup(tuple(), 0xff)!
    const info = record.tcpInfo!
    expect([record.inode]).toEqual(said(/ino:(\d+)/))
    expect(record.cookie).toBe(seen.match(/sk:([0-9a-f]+)/)![1]!.padStart(16, '0'))
    expect(seen).toContain(` ${record.congestion} `)
    expect([info.sndWscale, info.rcvWscale]).toEqual(said(/wscale:(\d+),(\d+)/))
    expect(info.sndWscale).not.toBe(info.rcvWscale)
    expect([info.sndMss, info.pmtu, info.rcvMss, info.advmss]).toEqual(
      said(/ mss:(\d+) pmtu:(\d+) rcvmss:(\d+) advmss:(\d+)/),
    )
    expect([info.sndCwnd, info.bytesSent, info.bytesAcked]).toEqual(
      said(/cwnd:(\d+).* bytes_sent:(\d+).* bytes_acked:(\d+)/),
    )
    expect([info.segsOut, info.segsIn, info.dataSegsOut]).toEqual(
      said(/segs_out:(\d+) segs_in:(\d+) data_segs_out:(\d+)/),
    )
    expect([info.rttUs! / 1000, info.rttvarUs! / 1000]).toEqual(said(/ rtt:([\d.]+)\/([\d.]+)/))
    expect([info.minRttUs! / 1000]).toEqual(said(/minrtt:([\d.]+)/))
    expect([info.busyTimeUs! / 1000]).toEqual(said(/busy:(\d+)ms/))
    // Where an acknowledgement is late, the last segment is sent again (TLP).
    expect(info.bytesSent! - info.bytesRetrans!).toBe(BYTES)
    const memory = record.socketMemory!
    expect([memory.rmemAlloc, memory.rcvbuf, memory.wmemAlloc, memory.sndbuf, memory.drops]).toEqual(
      said(/skmem:\(r(\d+),rb(\d+),t(\d+),tb(\d+),.*d(\d+)\)/),
    )
  })

  it('finds it in a dump by ports, and by nothing else', () => {
    const found = [...table.dump({ family: 'ipv6', protocol: 'tcp', localPort: port, remotePort: SERVER_PORT })]
    expect(found.map(record => [record.local.port, record.cookie])).toEqual([[port, table.lookup(tuple())!.cookie]])
    expect([...table.dump({ family: 'ipv6', protocol: 'tcp', states: 1 << 10 })]).toEqual([])
    const { destination } = tuple()
    expect(table.lookup({ ...tuple(), destination: { ...destination, address: '2001:db8:1::3' } })).toBeUndefined()
    expect(table.lookup({ ...tuple(), protocol: 'udp' })).toBeUndefined()
  })
})

describe('sockets that come and go', () => {
  const table = SocketTable.open()
  afterAll(() => table.close())

  it('finds IPv4 on a dual-stack socket, and not a listener once the connection is gone', async () => {
    const server = createServer().listen(0, '::')
    const accepted = once(server, 'connection') as Promise<[Socket]>
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const client = connect(port, '127.0.0.1')
    await once(client, 'connect')
    const source = { address: '127.0.0.1', port }
    const tuple = { protocol: 'tcp' as const, source, destination: { address: '127.0.0.1', port: client.localPort! } }
    expect(table.lookup(tuple)).toMatchObject({ family: 'ipv4', ipv6Socket: true, state: 'ESTABLISHED' })
    const mapped = (end: SocketEnd) => ({ ...end, address: `::ffff:${end.address}` })
    const dressed = { ...tuple, source: mapped(tuple.source), destination: mapped(tuple.destination) }
    expect(table.lookup(dressed)?.cookie).toBe(table.lookup(tuple)?.cookie)
    // A reset leaves no TIME_WAIT behind.
    const reset = once((await accepted)[0], 'error')
    client.resetAndDestroy()
    await reset
    expect(table.lookup(tuple)).toBeUndefined()
    server.close()
  })

  it('finds connected and unconnected UDP sockets of both families', async () => {
    for (const [kind, address] of [
      ['udp4', '127.0.0.1'],
      ['udp6', '::1'],
    ] as const) {
      const [bound, connected] = [createSocket(kind), createSocket(kind)]
      bound.bind(0, address)
      await once(bound, 'listening')
      connected.connect(bound.address().port, address)
      await once(connected, 'connect')
      const [source, destination] = [connected, bound].map(socket => ({ address, port: socket.address().port }))
      const tuple = { protocol: 'udp' as const, source: source!, destination: destination! }
      expect(table.lookup(tuple)).toMatchObject({ state: 'ESTABLISHED', local: source, remote: destination })
      const reverse = { protocol: 'udp' as const, source: destination!, destination: source! }
      expect(table.lookup(reverse)).toMatchObject({ state: 'CLOSE', local: destination })
      connected.close()
      bound.close()
      await sleep(10)
      expect(table.lookup(tuple)).toBeUndefined()
    }
  })
})
