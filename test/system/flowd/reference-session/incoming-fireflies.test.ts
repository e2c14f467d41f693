import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Consequence, ReferenceDaemon } from '../../../support/flowd/reference-daemon.ts'
import { referenceFirefly } from '../../../support/flowd/reference-session.ts'

/** An address of this host at which others reach it. */
const here = Object.values(networkInterfaces())
  .flatMap(list => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

let daemon: ReferenceDaemon
beforeAll(async () => {
  daemon = await ReferenceDaemon.start()
})
afterAll(() => daemon[Symbol.asyncDispose]())

describe('fireflies that come in', () => {
  /** What a storage service sends. */
  function incoming(
    state: string,
    fields: { times: object; header?: string; more?: object; destination?: string },
  ): string {
    const json = {
      version: 1,
      'flow-lifecycle': { state, 'current-time': '2024-03-28T08:58:48.899646+00:00', ...fields.times },
      'flow-id': {
        afi: 'ipv4',
        'src-ip': '192.0.2.77',
        'dst-ip': fields.destination ?? '198.51.100.1',
        protocol: 'tcp',
        'src-port': 1094,
        'dst-port': 40_000,
      },
      context: { 'experiment-id': 3, 'activity-id': 14, application: 'xrootd' },
      ...fields.more,
    }
    return (fields.header ?? '') + JSON.stringify(json)
  }
  const START = '2024-03-28T08:58:44.89966+00:00'
  const END = '2024-03-28T08:59:44.5+00:00'
  const out = (state: 'start' | 'ongoing' | 'end', endTime?: string) =>
    referenceFirefly({
      state,
      source: ['192.0.2.77', 1094],
      destination: ['198.51.100.1', 40_000],
      experiment: 3,
      activity: 14,
      application: 'xrootd',
      startTime: START,
      ...(endTime === undefined ? {} : { endTime }),
    })
  const USAGE = ',"usage":{"received":1,"sent":2}}'
  const KEPT = 'the end time of an event is replaced by now'

  it.each<[string, string, Consequence]>([
    [
      'a start with a header',
      incoming('start', { times: { 'start-time': START }, header: '<134>1 - h x - firefly-json - ' }),
      { reference: [out('start')] },
    ],
    ['what is between', incoming('ongoing', { times: { 'start-time': START } }), { reference: [out('ongoing')] }],
    [
      'an end without a header',
      incoming('end', { times: { 'start-time': START, 'end-time': END } }),
      { reference: [out('end', '<now+00:00>')], ours: [KEPT, [out('end', END)]] },
    ],
    [
      'a start with usage and statistics, as of XRootD (V67)',
      incoming('start', {
        times: { 'start-time': START },
        more: { usage: { received: 1, sent: 2 }, netlink: { rtt: 0.316 } },
      }),
      {
        reference: [out('start')],
        ours: ['no `usage`', [out('start').replace(/}$/, `${USAGE.slice(0, -1)},"netlink":{"rtt":0.316}}`)]],
      },
    ],
    [
      'times with Z, as of dCache (V61)',
      incoming('end', { times: { 'start-time': '2024-03-28T08:58:44Z', 'end-time': '2024-03-28T08:59:44Z' } }),
      {
        reference: [],
        ours: ['times with `Z` are refused (V61)', [out('end', '2024-03-28T08:59:44+00:00').replace(/}$/, USAGE)]],
      },
    ],
    ['what is none', 'no firefly', { reference: [] }],
  ])('%s', async (_name, datagram, consequence) => {
    daemon.sendFirefly(datagram)
    await daemon.expectFireflies(consequence)
  })

  it.skipIf(here === undefined)('a flow that comes here (needs an address that others reach)', async () => {
    const times = { 'start-time': START }
    daemon.sendFirefly(incoming('start', { times, destination: here! }))
    const literally = out('start').replace('198.51.100.1', here!)
    const turned = out('start')
      .replace('192.0.2.77', here!)
      .replace('198.51.100.1', '192.0.2.77')
      .replace('"src-port":1094,"dst-port":40000', '"src-port":40000,"dst-port":1094')
    await daemon.expectFireflies({
      reference: [literally],
      ours: ['source and destination of a firefly are taken literally', [turned]],
    })
  })
})
