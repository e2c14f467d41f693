import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inNetworkNamespace } from '../../../src/linux/index.ts'
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
import { Laboratory } from '../../support/namespace.ts'
import { INSERTING, withHeaders } from '../../support/tagged-frame.ts'

describe.each(INSERTING)('%s', strategy => {
  let programs: MarkerPrograms
  beforeAll(() => {
    programs = new MarkerPrograms({ strategy })
    // Experiment 2, activity 16.
    for (const protocol of ['tcp', 'udp'] as const) programs.marks.add(markable(tupleOf({ protocol }), 0x10040))
  })
  afterAll(() => programs[Symbol.dispose]())

  it('V37 to V39: the vector frame, to the byte', () => {
    const vector = {
      hopByHop: ['0021', '00', '06001e0300021000'],
      destination: ['0021', '3c', '06001e0300021000'],
      hopByHopDestination: ['0029', '00', '3c001e0300021000' + '06001e0300021000'],
    }[strategy]
    const frame = ipv6Frame()
    expect([frame.length, frame.subarray(18, 21).toString('hex')]).toEqual([79, '001906'])
    const { returned, packet, counter } = programs.run(frame)
    const [payload, next, inserted] = vector
    const before = frame.toString('hex')
    expect({ returned, counter, packet: packet.toString('hex') }).toEqual({
      returned: TC_ACT_UNSPEC,
      counter: 'marked',
      packet: `${before.slice(0, 36)}${payload}${next}${before.slice(42, 108)}${inserted}${before.slice(108)}`,
    })
  })

  it.each<[string, FrameSetup]>([
    ['UDP', { protocol: NEXT_HEADER.udp }],
    ['every bit of class and label', { trafficClass: 0xff, label: 0xfffff }],
    ['no data', { payloadBytes: 0 }],
    ['a lot of data', { payloadBytes: 3000 }],
  ])('%s: nothing else changes', (_name, setup) => {
    const frame = ipv6Frame(setup)
    const { packet, counter } = programs.run(frame)
    expect(counter).toBe('marked')
    expect(packet.toString('hex')).toBe(withHeaders(strategy, frame).toString('hex'))
  })

  it.each<[string, Buffer, string]>([
    ['IPv4', ipv4Frame(), 'not_ipv6'],
    ['ICMPv6', ipv6Frame({ protocol: NEXT_HEADER.icmpv6 }), 'not_tcp_udp'],
    ['another flow', ipv6Frame({ sourcePort: 9 }), 'no_flow'],
    ['another flow with options', ipv6Frame({ sourcePort: 9, extensions: [options(0)] }), 'no_flow'],
    ['hop-by-hop options', ipv6Frame({ extensions: [options(NEXT_HEADER.hopByHop)] }), 'extension_headers'],
    ['destination options', ipv6Frame({ extensions: [options(NEXT_HEADER.destinationOptions)] }), 'extension_headers'],
    ['a routing header at its end', ipv6Frame({ extensions: [routing(0)] }), 'extension_headers'],
    ['an atomic fragment', ipv6Frame({ extensions: [fragment(0, false)] }), 'extension_headers'],
    ['a fragment', ipv6Frame({ extensions: [fragment(0, true)] }), 'fragment'],
    ['an authentication header', ipv6Frame({ extensions: [authentication()] }), 'extension_headers'],
    ['a jumbo option', ipv6Frame({ extensions: [jumbo(8 + 20 + 5)], claimedBytes: 0 }), 'jumbo'],
    ['a payload longer than the frame', ipv6Frame({ claimedBytes: 26 }), 'truncated'],
  ])('%s passes untouched', (_name, frame, counter) => programs.expectUntouched(frame, counter))

  it.each<[string, FrameSetup]>([
    ['TCP', {}],
    ['UDP', { protocol: NEXT_HEADER.udp }],
    ['QinQ', { vlanTypes: [0x88a8, 0x8100] }],
  ])('%s cut at every length passes untouched', (_name, setup) => {
    programs.expectUntouchedWhenCut(ipv6Frame(setup))
  })

  it('three VLAN tags, one in metadata: passes untouched', () => {
    const { probe, program } = programs.before('probe_vlan')
    const frame = ipv6Frame({ vlanTypes: [0x88a8, 0x8100] })
    programs.expectUntouched(frame, 'room_failed', program)
    probe.close()
  })

  describe('on a device with an MTU of 1500', () => {
    const laboratory = new Laboratory()
    let path: string
    beforeAll(() => {
      const namespace = laboratory.namespace()
      // A test run takes the loopback device of its namespace.
      namespace.exec('ip', 'link', 'set', 'lo', 'mtu', '1500')
      path = namespace.path
    })
    afterAll(() => laboratory.close())

    /** Counters of frames whose IPv6 packet is so long when tagged. */
    const countersAt = (setup: FrameSetup, ...taggedBytes: readonly number[]) => {
      const headers = ipv6Frame({ ...setup, payloadBytes: 0, vlanTypes: [] }).length - 14
      const added = withHeaders(strategy, ipv6Frame()).length - ipv6Frame().length
      const frames = taggedBytes.map(bytes => ipv6Frame({ ...setup, payloadBytes: bytes - headers - added }))
      return frames.map(frame => inNetworkNamespace(path, () => programs.run(frame).counter))
    }

    it.each<[string, FrameSetup, number]>([
      ['TCP', {}, 1500],
      ['UDP', { protocol: NEXT_HEADER.udp }, 1500],
      ['a VLAN tag in the payload', { vlanTypes: [0x8100] }, 1496],
      ['QinQ in the payload', { vlanTypes: [0x88a8, 0x8100] }, 1492],
    ])('%s: marked as long as it fits', (_name, setup, most) => {
      expect(countersAt(setup, most - 1, most, most + 1)).toEqual(['marked', 'marked', 'mtu'])
    })

    it('what does not fit passes untouched, tags included', () => {
      for (const vlanTypes of [[], [0x8100], [0x88a8, 0x8100]]) {
        const frame = ipv6Frame({ vlanTypes, payloadBytes: 1440 })
        inNetworkNamespace(path, () => programs.expectUntouched(frame, 'mtu'))
      }
    })
  })
})
