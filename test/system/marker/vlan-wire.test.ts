import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tupleOf } from '../../support/five-tuple.ts'
import { type FrameSetup, ipv6Frame, NEXT_HEADER } from '../../support/frames.ts'
import { MarkerInNamespace, pairIsUp } from '../../support/marker-in-namespace.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { INSERTING, withHeaders } from '../../support/tagged-frame.ts'
import { WireCapture } from '../../support/wire-capture.ts'

/** Frames with VLAN tags, made by hand, as they leave one end of a cable and as they arrive at the other. */
const laboratory = new Laboratory()
let left: TestNamespace
let right: TestNamespace
beforeAll(async () => {
  ;({ left, right } = laboratory.pair())
  await pairIsUp(left, right)
})
afterAll(() => laboratory.close())

/** Priority 5, drop eligible; the tag's number. */
const control = (vlan: number) => (5 << 13) | (1 << 12) | vlan

/** A frame with such tags. */
function taggedFrame(vlanTypes: readonly number[], setup: FrameSetup = {}): Buffer {
  const frame = ipv6Frame({ vlanTypes, trafficClass: 0xb9, payloadBytes: 64, ...setup })
  for (const [index] of vlanTypes.entries()) frame.writeUInt16BE(control(200 + index), 14 + 4 * index)
  return frame
}

const SEND = `
import socket, sys
end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
end.bind(('eth0', 0))
for line in sys.stdin: end.send(bytes.fromhex(line))`

/** Sends frames as they are. */
async function sendFrames(frames: readonly Buffer[]): Promise<void> {
  const sender = left.spawn('python3', ['-c', SEND], { stdio: ['pipe', 'inherit', 'inherit'] })
  sender.stdin?.end(frames.map(frame => frame.toString('hex')).join('\n'))
  expect(await once(sender, 'exit')).toEqual([0, null])
}

const TAGS: readonly (readonly number[])[] = [[], [0x8100], [0x88a8], [0x88a8, 0x8100], [0x8100, 0x8100]]
/**
 * How long the IPv6 packet may be so that it is tagged: the payload's VLAN tags count, the longest tag has 16 bytes.
 */
const ROOM_BYTES = 1500 - 16 - 8

describe.each(['on', 'off'])('with VLAN offload %s', offload => {
  beforeAll(() => {
    for (const end of [left, right]) {
      const features = ['tx-vlan-hw-insert', 'tx-vlan-stag-hw-insert'].flatMap(name => [name, offload])
      end.exec('ethtool', '-K', 'eth0', ...features)
    }
  })

  it.each(INSERTING)('%s: tags are on the wire as they were, and all that changes is the tag', async strategy => {
    const marker = await MarkerInNamespace.start(left, { markingStrategy: strategy })
    for (const protocol of ['tcp', 'udp'] as const) marker.mark(tupleOf({ protocol }), 0x10040)
    const marked = TAGS.flatMap(tags => [
      { tags, frame: taggedFrame(tags) },
      { tags, frame: taggedFrame(tags, { protocol: NEXT_HEADER.udp }) },
      { tags, frame: taggedFrame(tags, { payloadBytes: ROOM_BYTES - 60 }) },
    ])
    // Packets that fill the MTU: with one tag of 802.1Q the kernel lets them out.
    const untouched = [[], [0x8100]].flatMap(tags => [
      taggedFrame(tags, { sourcePort: 9 }),
      taggedFrame(tags, { payloadBytes: 1440 }),
    ])
    const addresses = untouched[0]!.subarray(14 + 8, 14 + 40)
    using wire = await WireCapture.start(right)
    // The kernel sends frames of its own, too.
    const seen = () => wire.frames().filter(frame => frame.includes(addresses))
    await sendFrames([...marked.map(({ frame }) => frame), ...untouched])
    await expect.poll(() => seen().length).toBe(marked.length + untouched.length)
    expect(marker.marker.packets).toMatchObject({ marked: marked.length, room_failed: 0, store_failed: 0, mtu: 2 })
    await marker.stop()

    const expected = marked.map(({ tags, frame }) => withHeaders(strategy, frame, 14 + 4 * tags.length))
    expect(seen().map(frame => frame.toString('hex'))).toEqual(
      [...expected, ...untouched].map(frame => frame.toString('hex')),
    )
  })
})
