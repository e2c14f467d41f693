import { describe, expect, it } from 'vitest'
import { conformsToFireflySchema } from '../../../test/support/firefly-schema.ts'
import { fireflyText as text } from '../../../test/support/firefly-text.ts'
import { tupleOf } from '../../../test/support/five-tuple.ts'
import { firefliesRoundTrip, firefliesSurvive } from '../../../test/support/properties/scitags.ts'
import { createFireflyHeader, type Firefly, formatFirefly, parseFirefly, parseFireflyDatagram } from '../index.ts'

const START_US = Date.UTC(2025, 11, 11, 10, 22, 45, 123) * 1000 + 456

const started: Firefly = {
  state: 'start',
  currentTimeUs: START_US,
  startTimeUs: START_US,
  flow: tupleOf(),
  experiment: 2,
  activity: 16,
  application: 'flowd-go-v2.4.2',
}

describe('formatFirefly', () => {
  it('writes the reference’s bytes, with the times that it lacks', () => {
    const header = createFireflyHeader({ hostname: 'h1', appName: 'flowd-go-v2.4.2' })(START_US)
    expect(header + formatFirefly(started)).toBe(
      '<134>1 2025-12-11T10:22:45.123456+00:00 h1 flowd-go-v2.4.2 - firefly-json - ' +
        '{"version":1,"flow-lifecycle":{"state":"start","current-time":"2025-12-11T10:22:45.123456+00:00",' +
        '"start-time":"2025-12-11T10:22:45.123456+00:00"},"flow-id":{"afi":"ipv6","src-ip":"2001:db8::1",' +
        '"dst-ip":"2001:db8::2","protocol":"tcp","src-port":2345,"dst-port":5777},' +
        '"context":{"experiment-id":2,"activity-id":16,"application":"flowd-go-v2.4.2"}}',
    )
  })

  it('V73: writes a perfSONAR start, whose start time is unknown, as the reference does', () => {
    const nowhere = { address: '::', port: 0 }
    const flow = { protocol: 'tcp', family: 'ipv6', source: nowhere, destination: nowhere } as const
    expect(formatFirefly({ state: 'start', flow, experiment: 2, activity: 2, application: 'flowd-go-2.4.2' })).toBe(
      '{"version":1,"flow-lifecycle":{"state":"start","start-time":""},"flow-id":{"afi":"ipv6","src-ip":"::",' +
        '"dst-ip":"::","protocol":"tcp","src-port":0,"dst-port":0},' +
        '"context":{"experiment-id":2,"activity-id":2,"application":"flowd-go-2.4.2"}}',
    )
  })

  it('writes the header of any sender so that it is read again', () => {
    for (const hostname of ['h1', '', 'no idea!', ' - ', 'a - b']) {
      const header = createFireflyHeader({ hostname, appName: ' - ' })(START_US)
      expect(parseFireflyDatagram(`${header}${formatFirefly(started)}`)).toMatchObject({
        value: { header: { timestampUs: START_US, msgId: 'firefly-json' } },
      })
    }
  })

  it('escapes as the reference does, and leaves zones at home', () => {
    const source = { address: 'fe80::1%eth0', port: 1 }
    const text = formatFirefly({ ...started, application: '<a>&\u2028', flow: { ...started.flow, source } })
    expect(text).toContain('"application":"\\u003ca\\u003e\\u0026\\u2028"')
    expect(text).toContain('"src-ip":"fe80::1"')
  })

  const usage = { receivedBytes: 1, sentBytes: 2 }
  it.each<[string, Firefly]>([
    ['start', started],
    ['ongoing', { ...started, state: 'ongoing' }],
    ['end', { ...started, state: 'end', endTimeUs: START_US, usage }],
    ['start with netlink', { ...started, blocks: { netlink: { rtt: 1 } } }],
    ['start with skOps', { ...started, blocks: { skOps: { rtt: 1 } } }],
    ['start with both', { ...started, blocks: { netlink: {}, skOps: {} } }],
  ])('V75: %s conforms to the schema', (_what, firefly) => {
    expect(conformsToFireflySchema(JSON.parse(formatFirefly(firefly)))).toBe(true)
    expect(parseFirefly(formatFirefly(firefly))).toEqual({ ok: true, value: firefly })
  })

  it('the schema refuses what it must', () => {
    const json = JSON.parse(formatFirefly(started)) as Record<string, Record<string, unknown>>
    const wrong = (block: string, change: object) =>
      conformsToFireflySchema({ ...json, [block]: { ...json[block], ...change } })
    expect(wrong('flow-id', {})).toBe(true)
    expect(wrong('flow-lifecycle', { state: 'end' })).toBe(false)
    expect(wrong('flow-lifecycle', { 'start-time': '' })).toBe(false)
    expect(wrong('flow-id', { 'src-port': 0 })).toBe(false)
    expect(wrong('flow-id', { afi: 'ipv4' })).toBe(false)
    expect(wrong('flow-id', { extra: 1 })).toBe(false)
    expect(wrong('context', { 'experiment-id': 'cms' })).toBe(false)
  })
})

describe('parseFireflyDatagram', () => {
  it('reads a message of flowd with its header, to the microsecond', () => {
    const read = parseFireflyDatagram(
      '<134>1 2024-03-28T08:58:48.899646+00:00 etf-cs9.cern.ch flowd - firefly-json - {"version": 1, ' +
        '"flow-lifecycle": {"state": "start", "current-time": "2024-03-28T08:58:48.899087+00:00", ' +
        '"start-time": "2024-03-28T08:58:44.899660+00:00", "end-time": "2024-01-31T08:58:48.899087+00:00"}, ' +
        '"flow-id": {"afi": "ipv6", "src-ip": "2600:900:6:1101:a288:c2ff:fed2:34de", ' +
        '"dst-ip": "2620:6a:0:8421:f0:0:189:154", "protocol": "tcp", "src-port": 1234, "dst-port": 5678}, ' +
        '"context": {"experiment-id": 1, "activity-id": 1, "application": "flowd v1.0.2"}}',
    )
    expect(read).toMatchObject({
      ok: true,
      value: {
        header: { hostname: 'etf-cs9.cern.ch', appName: 'flowd', msgId: 'firefly-json' },
        firefly: {
          state: 'start',
          flow: {
            family: 'ipv6',
            protocol: 'tcp',
            source: { address: '2600:900:6:1101:a288:c2ff:fed2:34de', port: 1234 },
            destination: { address: '2620:6a:0:8421:f0:0:189:154', port: 5678 },
          },
          experiment: 1,
          activity: 1,
          application: 'flowd v1.0.2',
          startTimeUs: Date.UTC(2024, 2, 28, 8, 58, 44) * 1000 + 899_660,
          endTimeUs: Date.UTC(2024, 0, 31, 8, 58, 48) * 1000 + 899_087,
        },
      },
    })
  })

  it('reads an end over UDP without header', () => {
    const id = { afi: 'ipv6', 'src-ip': 'fe80::1', 'dst-ip': 'fe80::2', protocol: 'udp', 'dst-port': 56_789 }
    const context = { 'experiment-id': 3333, 'activity-id': 12, application: 'grid-ftp v99.99' }
    const lifecycle = { state: 'end', 'end-time': '2021-09-07T22:23:21.5+00:00' }
    expect(parseFireflyDatagram(text({ id, context, lifecycle }))).toMatchObject({
      ok: true,
      value: { firefly: { state: 'end', experiment: 3333, activity: 12, application: 'grid-ftp v99.99' } },
    })
  })

  it.each([
    ['a port 0', text()],
    ['a time with Z', text({ lifecycle: { 'start-time': '2021-09-07T22:22:21Z' } })],
    ['a time with an offset, no fraction', text({ lifecycle: { 'start-time': '2021-09-07T22:22:21+02:00' } })],
    ['an empty start time', text({ lifecycle: { 'start-time': '' } })],
    ['capitals', text({ lifecycle: { state: 'START' }, id: { protocol: 'TCP', afi: 'IPv4' } })],
    ['XRootD’s netlink and usage', text({ more: { netlink: { rtt: 0.316 }, usage: { received: 1, sent: 2 } } })],
    ['flowd’s cached netlink', text({ more: { netlink: ['established', {}] } })],
    ['dCache’s empty usage', text({ more: { usage: {} } })],
    ['state ongoing', text({ lifecycle: { state: 'ongoing' } })],
    ['a header with nil values', `<134>1 - host xrootd - firefly-json - ${text()}`],
    ['flowd-go’s header with an empty time', `<134>1  host flowd-go - firefly-json - ${text()}`],
    ['anything before the object, white space after', `junk ${text()} \n`],
  ])('accepts %s', (_what, datagram) => expect(parseFireflyDatagram(datagram)).toMatchObject({ ok: true }))

  it.each([
    ['no object', 'text', ''],
    ['two objects', `${text()}${text()}`, ''],
    ['a list', '[]', ''],
    ['afi against the addresses', text({ id: { afi: 'ipv6' } }), 'flow-id.src-ip'],
    ['an unknown state', text({ lifecycle: { state: 'paused' } }), 'flow-lifecycle.state'],
    ['no state', text({ lifecycle: { state: undefined } }), 'flow-lifecycle.state'],
    ['a wrong time', text({ lifecycle: { 'end-time': 'now' } }), 'flow-lifecycle.end-time'],
    ['port 70000', text({ id: { 'src-port': 70_000 } }), 'flow-id.src-port'],
    ['port -1', text({ id: { 'src-port': -1 } }), 'flow-id.src-port'],
    ['port "22"', text({ id: { 'src-port': '22' } }), 'flow-id.src-port'],
    ['port 22.0', text().replace('4321', '22.0'), 'flow-id'],
    ['a name as address', text({ id: { 'dst-ip': 'localhost' } }), 'flow-id.dst-ip'],
    ['an unknown protocol', text({ id: { protocol: 'sctp' } }), 'flow-id.protocol'],
    ['an experiment beyond 32 bits', text({ context: { 'experiment-id': 2 ** 32 } }), 'context.experiment-id'],
    ['an application longer than a name', text({ context: { application: 'x'.repeat(257) } }), 'context.application'],
    ['a zone longer than a name', text({ id: { afi: 'ipv6', 'src-ip': `::1%${'x'.repeat(16)}` } }), 'flow-id.src-ip'],
    ['a negative count', text({ more: { usage: { sent: -1 } } }), 'usage.sent'],
  ])('refuses %s and names the field', (_what, datagram, field) => {
    const read = parseFireflyDatagram(datagram)
    expect(read).toMatchObject({ ok: false, field })
  })

  it('keeps every digit of a foreign block, so that what is passed on is what came', () => {
    const more = '"netlink":{"maxPacingRate":18446744073709551615,"list":[-9007199254740993,0.30000000000000004]}'
    const read = parseFirefly(text().replace(/}$/, `,${more}}`))
    expect(read.ok && formatFirefly(read.value)).toContain(`,${more}}`)
  })

  it.each([
    ['objects', '{"a":', '1234567890123456789', '}'],
    ['lists', '[', '0', ']'],
  ])('refuses %s nested so deeply that to walk or write them would end the program', (_what, open, inmost, close) => {
    const nested = (depth: number) => open.repeat(depth) + inmost + close.repeat(depth)
    const datagram = (depth: number) => text().replace(/}$/, `,"netlink":{"deep":${nested(depth)}}}`)
    const read = parseFireflyDatagram(datagram(20))
    expect(read.ok && formatFirefly(read.value.firefly)).toContain(nested(20))
    expect(parseFireflyDatagram(datagram(10_000))).toMatchObject({ ok: false, field: '' })
    // What is not kept is walked as well where a block beside it is.
    const usage = text({ more: { usage: {}, netlink: {} } }).replace('"usage":{', `"usage":{"deep":${nested(10_000)}`)
    expect(parseFireflyDatagram(usage)).toMatchObject({ ok: false, field: '' })
  })

  it('gives back every firefly that it wrote, and all conform', () =>
    firefliesRoundTrip(20_000, conformsToFireflySchema))

  it('survives any datagram', () => firefliesSurvive(20_000))
})
