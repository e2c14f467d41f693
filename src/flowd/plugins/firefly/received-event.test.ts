import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { fireflyText as text } from '../../../../test/support/firefly-text.ts'
import { Receivers } from '../../../../test/support/flowd/receivers.ts'

const receivers = new Receivers()
afterEach(() => receivers.stop())
afterAll(() => receivers.close())

const START_US = Date.UTC(2021, 8, 7, 22, 22, 21) * 1000

const ends = (source: string, sourcePort: number, destination: string, destinationPort: number) => ({
  source: { address: source, port: sourcePort },
  destination: { address: destination, port: destinationPort },
})

describe('a firefly that comes in', () => {
  it('takes the reference’s sample (V58)', async () => {
    const { tell } = await receivers.start()
    const sample =
      '<134>1 2024-03-28T08:58:48.899646+00:00 etf-cs9.cern.ch flowd - firefly-json - {"version": 1, ' +
      '"flow-lifecycle": {"state": "start", "current-time": "2024-03-28T08:58:48.899087+00:00", ' +
      '"start-time": "2024-03-28T08:58:44.899660+00:00", "end-time": "2024-01-31T08:58:48.899087+00:00"}, ' +
      '"flow-id": {"afi": "ipv6", "src-ip": "2600:900:6:1101:a288:c2ff:fed2:34de", ' +
      '"dst-ip": "2620:6a:0:8421:f0:0:189:154", "protocol": "tcp", "src-port": 1234, "dst-port": 5678}, ' +
      '"context": {"experiment-id": 1, "activity-id": 1, "application": "flowd v1.0.2"}}'
    expect(await tell(sample)).toEqual({
      state: 'start',
      flow: {
        protocol: 'tcp',
        family: 'ipv6',
        ...ends('2600:900:6:1101:a288:c2ff:fed2:34de', 1234, '2620:6a:0:8421:f0:0:189:154', 5678),
      },
      experiment: 1,
      activity: 1,
      application: 'flowd v1.0.2',
      startTimeUs: Date.UTC(2024, 2, 28, 8, 58, 44) * 1000 + 899_660,
      endTimeUs: Date.UTC(2024, 0, 31, 8, 58, 48) * 1000 + 899_087,
      origin: 'firefly',
      awaitEnd: true,
    })
  })

  const grid = {
    id: {
      afi: 'ipv6',
      'src-ip': 'fe80::1',
      'dst-ip': 'fe80::2',
      protocol: 'udp',
      'src-port': 1234,
      'dst-port': 56_789,
    },
    lifecycle: { state: 'end', 'end-time': '2021-09-07T22:23:21.5+00:00' },
  }

  it.each<[string, string, object]>([
    [
      'an end by UDP (V59)',
      text({ ...grid, context: { 'experiment-id': 333, application: 'grid-ftp v99.99' } }),
      {
        state: 'end',
        flow: { protocol: 'udp', family: 'ipv6', ...ends('fe80::1', 1234, 'fe80::2', 56_789) },
        experiment: 333,
        application: 'grid-ftp v99.99',
        endTimeUs: START_US + 60_500_000,
      },
    ],
    ['port 0 (V60)', text(), { flow: ends('10.99.0.1', 4321, '127.0.0.1', 0), startTimeUs: START_US + 500_000 }],
    ['Z (V61)', text({ lifecycle: { 'start-time': '2021-09-07T22:22:21Z' } }), { startTimeUs: START_US }],
    [
      'an offset without fraction (V62)',
      text({ lifecycle: { 'start-time': '2021-09-07T22:22:21+02:00' } }),
      { startTimeUs: START_US - 7200e6 },
    ],
    [
      'capitals (V64)',
      text({ lifecycle: { state: 'START' }, id: { protocol: 'TCP' } }),
      { state: 'start', flow: { protocol: 'tcp' } },
    ],
    [
      'XRootD’s netlink and usage (V67)',
      text({ more: { netlink: { rtt: 0.316 }, usage: { received: 1, sent: 2 } } }),
      { blocks: { netlink: { rtt: 0.316 } }, usage: { receivedBytes: 1, sentBytes: 2 } },
    ],
    [
      'flowd’s cached netlink (V68), and dCache’s statistics beside it',
      text({ more: { netlink: ['established', {}], 'storage-stats': { 'read-bw': 1 }, usage: {} } }),
      { blocks: { 'storage-stats': { 'read-bw': 1 } } },
    ],
    ['a header of nil values (V69)', `<134>1 - host xrootd - firefly-json - ${text()}`, { state: 'start' }],
    ['flowd-go’s header without a time', `<134>1  host flowd-go-v2.4.2 - firefly-json - ${text()}`, { state: 'start' }],
    ['an ongoing flow (V72)', text({ lifecycle: { state: 'ongoing' } }), { state: 'ongoing' }],
  ])('takes %s', async (_what, datagram, event) => {
    const { tell, account } = await receivers.start()
    expect(await tell(datagram)).toMatchObject(event)
    expect(account.passed).toBe(1)
  })

  it.each([
    ['addresses of the other family (V63)', text({ id: { afi: 'ipv6' } }), 'field'],
    ['state paused (V65)', text({ lifecycle: { state: 'paused' } }), 'field'],
    ['no state (V65)', text({ lifecycle: { state: undefined } }), 'field'],
    ['port 70000 (V66)', text({ id: { 'src-port': 70_000 } }), 'field'],
    ['port -1 (V66)', text({ id: { 'src-port': -1 } }), 'field'],
    ['port "22" (V66)', text({ id: { 'src-port': '22' } }), 'field'],
    ['port 22.0 (V66)', text().replace('4321', '22.0'), 'field'],
    ['a text (V70)', 'text', 'syntax'],
    ['nothing', '', 'syntax'],
    ['two objects (V71)', text() + text(), 'syntax'],
    ['an experiment beyond 1023', text({ context: { 'experiment-id': 3333 } }), 'ids'],
    ['an activity beyond 63', text({ context: { 'activity-id': 64 } }), 'ids'],
    ['what is longer than bufferSize', text({ more: { netlink: { pad: 'x'.repeat(4096) } } }), 'too-long'],
  ])('refuses %s', async (_what, datagram, cause) => {
    const { tell, events, account, context } = await receivers.start()
    await tell(datagram)
    expect(events).toEqual([])
    expect(Object.fromEntries(account.droppedByCause)).toEqual({ [cause]: 1 })
    const warning = context.lines.find(({ level }) => level === 'warn')
    expect(warning).toMatchObject({ message: 'a firefly was refused', fields: { sender: '127.0.0.1' } })
  })

  it('warns of ids that are only announced', async () => {
    const { tell, context } = await receivers.start()
    expect(await tell(text({ context: { 'experiment-id': 1023 } }))).toMatchObject({ experiment: 1023 })
    expect(context.lines.at(-1)?.message).toContain('not marked')
  })

  it.each([
    ['10.0.0.9', '192.0.2.1', ends('192.0.2.1', 2, '10.0.0.9', 1)],
    ['::ffff:10.0.0.9', '::ffff:192.0.2.1', ends('::ffff:192.0.2.1', 2, '::ffff:10.0.0.9', 1)],
    ['192.0.2.1', '10.0.0.9', ends('192.0.2.1', 1, '10.0.0.9', 2)],
    ['2001:db8::1', '192.0.2.1', undefined],
    ['2001:db8::9', '2001:db8:0::1', ends('2001:db8::1', 2, '2001:db8::9', 1)],
    ['fe80::9%eth0', 'fe80::1%eth0', ends('fe80::1%eth0', 2, 'fe80::9%eth0', 1)],
    ['2001:db8::8', '2001:db8::9', ends('2001:db8::8', 1, '2001:db8::9', 2)],
  ])('a flow from %s to %s begins at this host', async (source, destination, flow) => {
    const { tell } = await receivers.start()
    const afi = source.includes(':') ? 'ipv6' : 'ipv4'
    const id = { afi, 'src-ip': source, 'dst-ip': destination, 'src-port': 1, 'dst-port': 2 }
    const event = await tell(text({ id, more: { usage: { received: 5, sent: 7 } } }))
    if (flow === undefined) expect(event).toBeUndefined()
    // A program of this host told, so the bytes are as this host sees them.
    else expect(event).toMatchObject({ flow, usage: { receivedBytes: 5, sentBytes: 7 } })
  })
})
