import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, expect, it } from 'vitest'
import { tupleOf } from '../../support/five-tuple.ts'
import { MarkerInNamespace } from '../../support/marker-in-namespace.ts'
import { Laboratory } from '../../support/namespace.ts'

const LABEL = 0x30038
const UDP = 17
const laboratory = new Laboratory()
afterAll(() => laboratory.close())

it.each(['tcx', 'clsact'] as const)(
  'packets on a TUN device, which have no link-layer header, with %s',
  async attach => {
    const namespace = laboratory.namespace()
    const reader = namespace.spawn('python3', ['test/support/tun-reader.py', 'tun0'])
    const lines = createInterface({ input: reader.stdout! })
    const packets: Buffer[] = []
    lines.on('line', line => packets.push(Buffer.from(line, 'hex')))
    await once(lines, 'line')
    namespace.exec('ip', 'address', 'add', '2001:db8:7::1/64', 'dev', 'tun0', 'nodad')
    namespace.exec('ip', 'link', 'set', 'tun0', 'up')

    const ends = { source: '2001:db8:7::1', destination: '2001:db8:7::2', destinationPort: 5001 }
    // Ethernet and raw IP side by side: two programs, the same marks.
    const marker = await MarkerInNamespace.start(namespace, { attach, targetInterfaces: ['lo', 'tun0'] })
    marker.mark(tupleOf({ ...ends, sourcePort: 4001, protocol: 'udp' }), LABEL)
    const send = `
    import socket, sys
    for port, address in ((4001, '2001:db8:7::2'), (4002, '2001:db8:7::2'), (4001, '::1')):
        end = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        end.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, 0xb8)
        end.bind(('::', port))
        end.sendto(b'data', (address, 5001))`.replaceAll('\n    ', '\n')
    namespace.exec('python3', '-c', send)

    const datagrams = () => packets.filter(packet => packet[6] === UDP)
    await expect.poll(() => datagrams().length).toBe(2)
    const seen = datagrams().map(packet => ({
      port: packet.readUInt16BE(40),
      trafficClass: (packet.readUInt32BE(0) >>> 20) & 0xff,
      marked: (packet.readUInt32BE(0) & 0xfffff) === LABEL,
      text: packet.subarray(48).toString(),
    }))
    const common = { trafficClass: 0xb8, text: 'data' }
    expect(seen).toEqual([
      { ...common, port: 4001, marked: true },
      { ...common, port: 4002, marked: false },
    ])
    expect(marker.marker.packets).toMatchObject({ marked: 1, truncated: 0 })
    expect(marker.marker.packets.no_flow).toBeGreaterThanOrEqual(2)
    await marker.stop()
  },
)
