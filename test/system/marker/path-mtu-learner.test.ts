import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tupleOf } from '../../support/five-tuple.ts'
import { type FrameSetup, ipv6Frame, ipv6Packet, NEXT_HEADER, VECTOR_FLOW } from '../../support/frames.ts'
import { MarkerPrograms, markable } from '../../support/marker-programs.ts'
import { INSERTING, withHeaders } from '../../support/tagged-frame.ts'

/** What the learning program makes of ICMPv6 messages, as seen by what the marker inserts into afterwards. */
const TC_ACT_UNSPEC = -1
const MTU = 1400
const INSERTED_BYTES = 8
const OUTER = { source: '2001:db8:9::1', destination: VECTOR_FLOW.source }

let programs: MarkerPrograms
beforeEach(() => {
  programs = new MarkerPrograms({ strategy: 'hopByHop' })
  for (const protocol of ['tcp', 'udp'] as const) programs.marks.add(markable(tupleOf({ protocol }), 0x10040))
})
afterEach(() => programs[Symbol.dispose]())

/** An ICMPv6 message about a packet; by default Packet Too Big (RFC 4443, section 3.2). */
function message(quoted: Buffer, { type = 2, mtu = MTU, ...setup }: FrameSetup & { type?: number; mtu?: number } = {}) {
  const frame = ipv6Frame({ ...OUTER, ...setup, protocol: NEXT_HEADER.icmpv6, payloadBytes: quoted.length })
  const icmp = frame.length - quoted.length - 8
  frame.writeUInt32BE(type << 24, icmp)
  frame.writeUInt32BE(mtu, icmp + 4)
  quoted.copy(frame, icmp + 8)
  return frame
}

/** Hands the message to the program, which changes nothing of it. */
function tell(frame: Buffer): void {
  const { returned, packet } = programs.learner.testRun(frame)
  expect({ returned, packet: packet.toString('hex') }).toEqual({
    returned: TC_ACT_UNSPEC,
    packet: frame.toString('hex'),
  })
}

/** What becomes of a packet that is so long before the marker inserts. */
const outcome = (bytes: number, setup: FrameSetup = {}) => {
  const headers = 40 + (setup.protocol === NEXT_HEADER.udp ? 8 : 20)
  return programs.run(ipv6Frame({ ...setup, payloadBytes: bytes - headers })).counter
}
const outcomesAround = (bytes: number) => [outcome(bytes), outcome(bytes + 1)]

const packet = ipv6Packet({ payloadBytes: 1340 })
const tagged = INSERTING.map(strategy => withHeaders(strategy, ipv6Frame({ payloadBytes: 1340 })).subarray(14))

describe('a router tells that a packet was too big', () => {
  it.each<[string, Buffer]>([
    ['a packet of TCP', packet],
    ['a packet of UDP', ipv6Packet({ protocol: NEXT_HEADER.udp, payloadBytes: 1340 })],
    ...tagged.map((bytes, index): [string, Buffer] => [`a packet tagged by ${INSERTING[index]}`, bytes]),
    ['no more than its ports', packet.subarray(0, 44)],
  ])('and quotes %s: what is to its destination stays within', (_name, quoted) => {
    expect(outcomesAround(MTU - INSERTED_BYTES)).toEqual(['marked', 'marked'])
    tell(message(quoted))
    expect(outcomesAround(MTU - INSERTED_BYTES)).toEqual(['marked', 'path_mtu'])
    expect(outcome(MTU, { protocol: NEXT_HEADER.udp })).toBe('path_mtu')
  })

  it.each<[string, readonly number[]]>([
    ['a VLAN tag', [0x8100]],
    ['two', [0x88a8, 0x8100]],
  ])('behind %s: heeded likewise, and the tags count for the device alone', (_name, vlanTypes) => {
    tell(message(packet, { vlanTypes }))
    expect(outcome(MTU - INSERTED_BYTES, { vlanTypes })).toBe('marked')
    expect(outcome(MTU - INSERTED_BYTES + 1, { vlanTypes })).toBe('path_mtu')
  })

  it('less than every path takes: taken as 1280', () => {
    tell(message(packet, { mtu: 576 }))
    expect(outcomesAround(1280 - INSERTED_BYTES)).toEqual(['marked', 'path_mtu'])
  })

  it('more than was told before: the less counts', () => {
    for (const mtu of [1450, 1350, 1400]) tell(message(packet, { mtu }))
    expect(outcomesAround(1350 - INSERTED_BYTES)).toEqual(['marked', 'path_mtu'])
  })
})

describe('nothing is learned', () => {
  it.each<[string, Buffer]>([
    ['of a flow that is not declared', message(ipv6Packet({ sourcePort: 9, payloadBytes: 1340 }))],
    ['of another protocol', message(ipv6Packet({ protocol: NEXT_HEADER.icmpv6, payloadBytes: 1340 }))],
    ['from another message', message(packet, { type: 1 })],
    ['from TCP that looks like it', ipv6Frame({ ...OUTER, sourcePort: 0x0200, payloadBytes: 100 })],
    ['from a flow of ours that comes back', ipv6Frame({ payloadBytes: 1340 })],
  ])('%s', (_name, frame) => {
    tell(frame)
    expect(outcome(MTU)).toBe('marked')
  })

  it('from a message cut at any length before the quoted ports', () => {
    for (let bytes = 0; bytes < 44; bytes += 1) tell(message(packet.subarray(0, bytes)))
    expect(outcome(MTU)).toBe('marked')
  })
})

it('an open TCP connection of this host may learn for flows that are declared later; who only listens may not', async () => {
  const server = createServer(socket => socket.on('error', () => undefined)).listen(0, '::1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect(port, '::1')
  await once(client, 'connect')
  const ends = { source: '::1', destination: '::1', destinationPort: port }
  const sourcePort = client.localPort!
  const declared = { ...ends, sourcePort: 1 }
  const elsewhere = { source: '::1', destination: '2001:db8::9', sourcePort: port }
  for (const flow of [declared, { ...elsewhere, sourcePort: 1 }]) programs.marks.add(markable(tupleOf(flow), 0x10040))

  tell(message(ipv6Packet({ ...elsewhere, payloadBytes: 1340 })))
  expect(outcome(MTU, { ...elsewhere, sourcePort: 1 })).toBe('marked')
  tell(message(ipv6Packet({ ...ends, sourcePort: sourcePort === 9 ? 10 : 9, payloadBytes: 1340 })))
  expect(outcome(MTU, declared)).toBe('marked')
  tell(message(ipv6Packet({ ...ends, sourcePort, payloadBytes: 1340 })))
  expect(outcome(MTU, declared)).toBe('path_mtu')
  client.destroy()
  server.close()
})
