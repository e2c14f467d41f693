import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { everyFlow } from '../../../src/scitags/index.ts'
import { tupleOf } from '../../support/five-tuple.ts'
import {
  authentication,
  type FrameSetup,
  fragment,
  ipv4Frame,
  ipv6Frame,
  jumbo,
  NEXT_HEADER,
  options,
  routing,
} from '../../support/frames.ts'
import { MarkerPrograms, markable, TC_ACT_UNSPEC } from '../../support/marker-programs.ts'

/** Experiment 2, activity 16, entropy 0 (vector V6). */
const LABEL = 0x10040

let programs: MarkerPrograms
beforeAll(() => {
  programs = new MarkerPrograms()
  programs.marks.add(markable(tupleOf(), LABEL))
})
afterAll(() => programs[Symbol.dispose]())

/** The frame with the 20 bits of its label replaced, computed apart from the program. */
function relabelled(frame: Buffer, network = 14, label = LABEL): Buffer {
  const copy = Buffer.from(frame)
  copy.writeUInt32BE(((frame.readUInt32BE(network) & 0xfff00000) | label) >>> 0, network)
  return copy
}

function expectMarked(frame: Buffer, network?: number, label?: number): void {
  const { returned, packet, counter } = programs.run(frame)
  expect({ returned, counter, packet: packet.toString('hex') }).toEqual({
    returned: TC_ACT_UNSPEC,
    counter: 'marked',
    packet: relabelled(frame, network, label).toString('hex'),
  })
}

function expectUntouched(frame: Buffer, counter: string): void {
  programs.expectUntouched(frame, counter)
}

describe('vectors of the reference (9.2), with the changes that the design lists', () => {
  it.each([
    ['V31 class 00', 0x00, '60012345', '60010040'],
    ['V32 class b9, which stays', 0xb9, '6b912345', '6b910040'],
    ['V33 ECN 10, which stays', 0x02, '60212345', '60210040'],
  ])('%s', (_name, trafficClass, before, after) => {
    const frame = ipv6Frame({ trafficClass })
    expect(frame.subarray(14, 18).toString('hex')).toBe(before)
    expect(programs.run(frame).packet.subarray(14, 18).toString('hex')).toBe(after)
  })

  it('V34 another flow is unchanged', () => {
    expectUntouched(ipv6Frame({ sourcePort: 2346 }), 'no_flow')
    expectUntouched(ipv6Frame({ destinationPort: 5778 }), 'no_flow')
    expectUntouched(ipv6Frame({ destination: '2001:db8::3' }), 'no_flow')
  })

  it('V35 UDP with the same ports is another flow, and is marked when it is declared', () => {
    expectUntouched(ipv6Frame({ protocol: NEXT_HEADER.udp }), 'no_flow')
    const udp = markable(tupleOf({ protocol: 'udp' }), 0x30038)
    programs.marks.add(udp)
    expectMarked(ipv6Frame({ protocol: NEXT_HEADER.udp }), 14, 0x30038)
    expectMarked(ipv6Frame())
    programs.marks.remove(udp.key)
    expectUntouched(ipv6Frame({ protocol: NEXT_HEADER.udp }), 'no_flow')
    expectMarked(ipv6Frame())
  })

  it('V36 an 802.1Q frame is marked, its tag kept', () => {
    expectMarked(ipv6Frame({ vlanTypes: [0x8100] }), 18)
  })
})

describe('the label', () => {
  it('every traffic class 0-255 is preserved', () => {
    for (let trafficClass = 0; trafficClass < 256; trafficClass += 1) expectMarked(ipv6Frame({ trafficClass }))
  })

  it.each([0, 1, 0x3fefc, 0xc0103, 0xfffff])('%i is written whole, over any other', label => {
    const flow = markable(tupleOf({ sourcePort: 9 }), label)
    programs.marks.add(flow)
    for (const before of [0, 0xfffff, 0x12345]) expectMarked(ipv6Frame({ sourcePort: 9, label: before }), 14, label)
    programs.marks.remove(flow.key)
  })
})

describe('frames that are marked', () => {
  it.each<[string, FrameSetup, number]>([
    ['QinQ', { vlanTypes: [0x88a8, 0x8100] }, 22],
    ['an 802.1ad tag', { vlanTypes: [0x88a8] }, 18],
    ['hop-by-hop options', { extensions: [options(NEXT_HEADER.hopByHop)] }, 14],
    ['long hop-by-hop options', { extensions: [options(NEXT_HEADER.hopByHop, 256)] }, 14],
    ['destination options', { extensions: [options(NEXT_HEADER.destinationOptions, 16)] }, 14],
    ['a routing header at its end', { extensions: [routing(0)] }, 14],
    ['an atomic fragment', { extensions: [fragment(0, false)] }, 14],
    ['an authentication header', { extensions: [authentication()] }, 14],
    [
      'six extension headers',
      {
        extensions: [
          options(NEXT_HEADER.hopByHop),
          options(NEXT_HEADER.destinationOptions),
          routing(0),
          fragment(0, false),
          authentication(),
          options(NEXT_HEADER.destinationOptions),
        ],
      },
      14,
    ],
    ['QinQ and options', { vlanTypes: [0x88a8, 0x8100], extensions: [options(NEXT_HEADER.hopByHop, 24)] }, 22],
    ['a jumbo option', { extensions: [jumbo(8 + 20 + 5)], claimedBytes: 0 }, 14],
    ['no data', { payloadBytes: 0 }, 14],
  ])('%s', (_name, setup, network) => expectMarked(ipv6Frame(setup), network))

  it('a frame padded by the link layer', () => expectMarked(Buffer.concat([ipv6Frame(), Buffer.alloc(7)])))

  it.each(['probe_vlan', 'probe_qinq'])('tags in metadata, as %s makes them', name => {
    const { probe, program } = programs.before(name)
    const { returned, packet, counter } = programs.run(ipv6Frame({ trafficClass: 0xb9 }), program)
    probe.close()
    expect(counter).toBe('marked')
    expect(returned).toBe(TC_ACT_UNSPEC)
    // The outer tag is metadata and no part of the packet; an inner one is in the payload.
    expect(packet.toString('hex')).toContain('86dd6b910040')
    expect(packet.length).toBe(name === 'probe_vlan' ? 79 : 83)
  })
})

describe('frames that pass untouched', () => {
  it.each<[string, Buffer, string]>([
    ['IPv4', ipv4Frame(), 'not_ipv6'],
    ['ARP', Buffer.concat([Buffer.alloc(12), Buffer.from([0x08, 0x06]), Buffer.alloc(46)]), 'not_ipv6'],
    ['three VLAN tags', ipv6Frame({ vlanTypes: [0x88a8, 0x8100, 0x8100] }), 'not_ipv6'],
    ['ICMPv6', ipv6Frame({ protocol: NEXT_HEADER.icmpv6 }), 'not_tcp_udp'],
    ['ESP', ipv6Frame({ protocol: 50 }), 'not_tcp_udp'],
    ['no next header', ipv6Frame({ protocol: 59 }), 'not_tcp_udp'],
    ['a first fragment', ipv6Frame({ extensions: [fragment(0, true)] }), 'fragment'],
    ['a later fragment', ipv6Frame({ extensions: [fragment(1232, true)] }), 'fragment'],
    ['a last fragment', ipv6Frame({ extensions: [fragment(1232, false)] }), 'fragment'],
    ['a source route still to go', ipv6Frame({ extensions: [routing(1)] }), 'extension_headers'],
    [
      'hop-by-hop options out of place',
      ipv6Frame({ extensions: [options(NEXT_HEADER.destinationOptions), options(NEXT_HEADER.hopByHop)] }),
      'extension_headers',
    ],
    [
      'seven extension headers',
      ipv6Frame({ extensions: Array.from({ length: 7 }, () => options(NEXT_HEADER.destinationOptions)) }),
      'extension_headers',
    ],
    ['a payload of length 0', ipv6Frame({ claimedBytes: 0 }), 'truncated'],
    ['a payload too short for TCP', ipv6Frame({ claimedBytes: 19 }), 'truncated'],
    ['a payload longer than the frame', ipv6Frame({ claimedBytes: 26 }), 'truncated'],
    ['a jumbo option that promises more', ipv6Frame({ extensions: [jumbo(100_000)], claimedBytes: 0 }), 'truncated'],
    ['an extension header that points beyond', ipv6Frame({ extensions: [beyond()] }), 'truncated'],
  ])('%s', (_name, frame, counter) => expectUntouched(frame, counter))

  it('another version than 6 under the type of IPv6', () => {
    const frame = ipv6Frame()
    frame[14] = 0x40
    expectUntouched(frame, 'not_ipv6')
  })

  it.each<[string, FrameSetup]>([
    ['TCP', {}],
    ['UDP', { protocol: NEXT_HEADER.udp }],
    ['VLAN', { vlanTypes: [0x8100] }],
    ['QinQ', { vlanTypes: [0x88a8, 0x8100] }],
    ['hop-by-hop', { extensions: [options(NEXT_HEADER.hopByHop, 16)] }],
    ['four extension headers', { extensions: [jumbo(65), routing(0), fragment(0, false), authentication()] }],
  ])('%s cut at every length', (_name, setup) => {
    const flow = markable(tupleOf({ protocol: 'udp' }), LABEL)
    programs.marks.add(flow)
    programs.expectUntouchedWhenCut(ipv6Frame(setup))
    programs.marks.remove(flow.key)
  })
})

describe('flows', () => {
  it('that differ only in source address are not confused', () => {
    const other = markable(tupleOf({ source: '2001:db8::9' }), 0x30038)
    expectUntouched(ipv6Frame({ source: '2001:db8::9' }), 'no_flow')
    programs.marks.add(other)
    expectMarked(ipv6Frame({ source: '2001:db8::9' }), 14, 0x30038)
    expectMarked(ipv6Frame())
    programs.marks.remove(other.key)
    expectUntouched(ipv6Frame({ source: '2001:db8::9' }), 'no_flow')
    expectMarked(ipv6Frame())
  })

  it('beyond a full map wait, and no live mark is lost', () => {
    using full = new MarkerPrograms({ maxFlows: 3 })
    const flows = [1, 2, 3, 4, 5].map(port => markable(tupleOf({ sourcePort: port }), port))
    expect(flows.map(flow => full.marks.add(flow))).toEqual(['marked', 'marked', 'marked', 'full', 'full'])
    const seen = () => [1, 2, 3, 4, 5].map(sourcePort => full.run(ipv6Frame({ sourcePort })).counter === 'marked')
    expect(seen()).toEqual([true, true, true, false, false])
    expect(full.marks.add(markable(tupleOf({ sourcePort: 2 }), 7))).toBe('marked')
    expect(full.marks.remove(flows[0]!.key)).toEqual({ was: 'marked', admitted: 1 })
    expect(seen()).toEqual([false, true, true, true, false])
    full.marks.remove(flows[4]!.key)
    full.marks.remove(flows[1]!.key)
    expect(seen()).toEqual([false, false, true, true, false])
  })
})

describe('the flow that stands for every packet', () => {
  it('marks none unless the settings say so (V28 as it is here)', () => {
    const every = markable(everyFlow('tcp'), 0x30038)
    programs.marks.add(every)
    expectUntouched(ipv6Frame({ sourcePort: 9 }), 'no_flow')
    programs.marks.remove(every.key)
  })

  it('with matchAll marks what has no mark of its own, of its protocol', () => {
    using all = new MarkerPrograms({ matchAll: true })
    const labelOf = (setup: FrameSetup) => {
      const { packet, counter } = all.run(ipv6Frame({ label: 0, ...setup }))
      return counter === 'marked' ? packet.readUInt32BE(14) & 0xfffff : counter
    }
    const udp = { protocol: NEXT_HEADER.udp }
    expect(labelOf({})).toBe('no_flow')
    const every = markable(everyFlow('tcp'), 0x30038)
    all.marks.add(every)
    all.marks.add(markable(tupleOf(), LABEL))
    expect([labelOf({}), labelOf({ sourcePort: 9 }), labelOf({ extensions: [options(0)] })]).toEqual([
      LABEL,
      0x30038,
      LABEL,
    ])
    expect([labelOf(udp), labelOf({ protocol: NEXT_HEADER.icmpv6 })]).toEqual(['no_flow', 'not_tcp_udp'])
    all.marks.add(markable(everyFlow('udp'), 0x10004))
    expect([labelOf(udp), labelOf({ sourcePort: 9 })]).toEqual([0x10004, 0x30038])
    all.marks.remove(every.key)
    expect([labelOf({ sourcePort: 9 }), labelOf({}), labelOf(udp)]).toEqual(['no_flow', LABEL, 0x10004])
  })
})

/** Options that claim more bytes than the frame has. */
function beyond() {
  const header = options(NEXT_HEADER.destinationOptions)
  header.bytes[1] = 255
  return header
}
