import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { STRATEGIES } from '../../../src/flowd/backends/marker/strategy.ts'
import { tupleOf } from '../../support/five-tuple.ts'
import { MarkerInNamespace, pairIsUp } from '../../support/marker-in-namespace.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { complaints } from '../../support/transfer-laboratory.ts'
import { WireCapture } from '../../support/wire-capture.ts'

const LABEL = 0x10040

/** Datagrams that an application hands over in one piece (UDP_SEGMENT, udp(7)). */
const SEND = `
import socket
end = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
end.setsockopt(17, 103, 1000)
end.bind(('2001:db8:1::1', 4001))
end.sendto(bytes(10 * 1000), ('2001:db8:1::2', 5001))`

const laboratory = new Laboratory()
let left: TestNamespace
let right: TestNamespace
beforeAll(async () => {
  ;({ left, right } = laboratory.pair())
  await pairIsUp(left, right)
})
afterAll(() => laboratory.close())

describe.each([
  { offloads: 'on', frames: 1, bytes: 10_000 },
  { offloads: 'off', frames: 10, bytes: 1000 },
])('UDP with GSO, offloads $offloads', ({ offloads, frames, bytes }) => {
  beforeAll(() => {
    const features = ['gso', 'tx-udp-segmentation', 'tx'].flatMap(name => [name, offloads])
    for (const end of [left, right]) end.exec('ethtool', '-K', 'eth0', ...features, 'gro', 'off')
  })

  it.each(STRATEGIES)('%s: every datagram arrives and is well formed', async strategy => {
    const marker = await MarkerInNamespace.start(left, { markingStrategy: strategy })
    const ends = { source: '2001:db8:1::1', destination: '2001:db8:1::2', sourcePort: 4001, destinationPort: 5001 }
    marker.mark(tupleOf({ ...ends, protocol: 'udp' }), LABEL)
    using wire = await WireCapture.start(right, { filter: 'src host 2001:db8:1::1 and not icmp6' })
    left.exec('python3', '-c', SEND)
    await wire.stopAt(frames)
    const labelled = strategy === 'label'
    expect(marker.marker.packets).toMatchObject({ marked: labelled ? 1 : 0, udp_gso: labelled ? 0 : 1 })
    await marker.stop()
    expect(complaints(wire.file, { checksums: offloads === 'off' })).toBe('')
    expect(wire.frames().map(frame => frame.length)).toEqual(Array(frames).fill(14 + 40 + 8 + bytes))
    for (const frame of wire.frames()) expect((frame.readUInt32BE(14) & 0xfffff) === LABEL).toBe(labelled)
  })
})
