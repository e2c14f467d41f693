import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { appendFileSync, readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import {
  ANSWER_DIFFERENCES,
  comparable,
  type Difference,
  FIREFLY_DIFFERENCES,
  referenceFirefly,
} from '../../support/flowd/reference-session.ts'

const rows = readFileSync('docs/reference/differences.md', 'utf8')
  .split('\n')
  .filter(line => line.startsWith('| flowd-go: '))
  .map(line => line.split(' | ')[0] ?? '')
/** The words of rows that explained something. */
const used = new Set<string>()

/** An address of this host at which others reach it. */
const here = Object.values(networkInterfaces())
  .flatMap(list => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

let flowd: FlowdProcess
let collector: Socket
let destination: Socket
const heard = { byCollector: [] as string[], byDestination: [] as string[] }
let api = ''
let receiverPort = 0

async function listen(heardBy: string[]): Promise<Socket> {
  const socket = createSocket('udp6').on('message', bytes => heardBy.push(bytes.toString()))
  socket.bind(0)
  await once(socket, 'listening')
  return socket
}

beforeAll(async () => {
  collector = await listen(heard.byCollector)
  destination = await listen(heard.byDestination)
  flowd = await new FlowdProcess({
    configurationIn: folder => ({
      compatibility: 'flowd-go',
      plugins: { api: { bindPort: 0 }, firefly: { bindPort: 0 }, namedPipe: { pipePath: join(folder, 'np') } },
      backends: {
        firefly: {
          destinationPort: destination.address().port,
          sendToCollector: true,
          collectorPort: collector.address().port,
        },
      },
    }),
    // A zone one hour east of UTC, all year.
    environment: { TZ: 'Etc/GMT-1' },
  }).ready()
  api = /address="?(http:[^\s"]+)/.exec(flowd.stderr)?.[1] ?? ''
  receiverPort = Number(/ port=(\d+)/.exec(flowd.stderr)?.[1])
  expect([api, receiverPort]).toEqual([expect.stringContaining('http'), expect.any(Number)])
})
afterAll(async () => {
  await flowd[Symbol.asyncDispose]()
  for (const socket of [collector, destination]) socket.close()
})

/** What we say where the reference says a text, by rows of the page. */
function explained(reference: string, differences: readonly Difference[]): string {
  return differences.reduce((text, { row, apply }) => {
    const ours = apply(text)
    if (ours !== text) used.add(row)
    return ours
  }, reference)
}

/** What follows of one thing that happens. */
interface Consequence {
  reference: string[]
  /** What we say, where a row of the page names the reason for something else. */
  ours?: [row: string, fireflies: string[]]
}

/** Requires that the next fireflies are the ones of the reference but for known differences. */
async function expectFireflies({ reference, ours }: Consequence): Promise<void> {
  if (ours !== undefined) used.add(ours[0])
  const expected = (ours?.[1] ?? reference).map(text => explained(text, FIREFLY_DIFFERENCES))
  // Where nothing is to come, what comes late fails the next comparison.
  if (expected.length === 0) await sleep(100)
  await vi.waitFor(() => expect(heard.byCollector.length).toBeGreaterThanOrEqual(expected.length), { timeout: 20_000 })
  expect(heard.byCollector.splice(0).map(comparable)).toEqual(expected)
  const local = expected.filter(text => /"dst-ip":"(::1|127\.0\.0\.1)"/.test(text))
  await vi.waitFor(() => expect(heard.byDestination.length).toBeGreaterThanOrEqual(local.length), { timeout: 20_000 })
  expect(heard.byDestination.splice(0).map(comparable)).toEqual(local)
}

describe('the pipe', () => {
  const write = (text: string) => appendFileSync(join(flowd.folder, 'np'), text)
  const [a, b]: [string, number][] = [
    ['192.168.0.1', 2345],
    ['127.0.0.1', 5777],
  ]
  const ids = { experiment: 1, activity: 2 }
  const one = (state: 'start' | 'end', source = a!, destination = b!) =>
    referenceFirefly({
      ...ids,
      state,
      source,
      destination,
      ...(state === 'start' ? { startTime: '<now+01:00>' } : { endTime: '<now+00:00>' }),
    })
  const [s, d]: [string, number][] = [
    ['::1', 2345],
    ['::1', 5777],
  ]

  it.each<[string, string, () => Consequence]>([
    ['V44', 'start tcp 192.168.0.1 2345 127.0.0.1 5777 1 2\n', () => ({ reference: [one('start')] })],
    ['its end', 'end tcp 192.168.0.1 2345 127.0.0.1 5777 1 2\n', () => ({ reference: [one('end')] })],
    ['V45', 'start tcp         ::1 2345       ::1 5777 1 2\n', () => ({ reference: [one('start', s, d)] })],
    ['its end', 'END TCP ::1 2345 ::1 5777 1 2\n', () => ({ reference: [one('end', s, d)] })],
    [
      'V46',
      'END UDP ::1 2345 ::1 5777 1 2\n',
      () => ({
        reference: [one('end', s, d).replace('"tcp"', '"udp"')],
        ours: ['an end whose start is unknown gives a firefly with `start-time` ""', []],
      }),
    ],
    [
      'V48',
      'start tcp ::1 1 ::1 2 1 2\nend tcp ::1 1 ::1 2 1 2\n',
      () => ({ reference: [one('start', ['::1', 1], ['::1', 2]), one('end', ['::1', 1], ['::1', 2])] }),
    ],
    ['V49', 'ongoing tcp ::1 1 ::1 2 1 2\n', () => ({ reference: [] })],
    ['V50', 'start sctp ::1 1 ::1 2 1 2\n', () => ({ reference: [] })],
    ['V51', 'start tcp ::1 65536 ::1 2 1 2\n', () => ({ reference: [] })],
    ['V52', 'start tcp ::1 1 ::1 2 -1 2\n', () => ({ reference: [] })],
    [
      'V52 with a name',
      'start tcp ::1 1 ::1 2 atlas 2\nend tcp ::1 1 ::1 2 atlas 2\n',
      () => ({
        reference: [],
        ours: [
          'ids only (V52)',
          [one('start', ['::1', 1], ['::1', 2]), one('end', ['::1', 1], ['::1', 2])].map(text =>
            text.replace('"experiment-id":1', '"experiment-id":2'),
          ),
        ],
      }),
    ],
    ['V53', 'start tcp 010.0.0.1 1 10.0.0.2 2 1 2\n', () => ({ reference: [] })],
    ['V54', 'start tcp ::1 1 ::1 2 1\nstart tcp ::1 1 ::1 2 1 2 3\n', () => ({ reference: [] })],
    ['V55', 'start tcp 10.0.0.1 1 ::1 2 1 2\n', () => ({ reference: [one('start', ['10.0.0.1', 1], ['::1', 2])] })],
    [
      'V56',
      'start tcp ::ffff:10.0.0.1 1 ::1 2 4294967295 2\n',
      () => ({
        reference: [
          one('start', ['::ffff:10.0.0.1', 1], ['::1', 2]).replace('"experiment-id":1', '"experiment-id":4294967295'),
        ],
        ours: ['any id up to 32 bits', []],
      }),
    ],
    [
      'V47',
      'start tcp 192.168.0.1 2346 127.0.0.1 5777 1 2',
      () => ({
        reference: [],
        ours: ['the last fragment of a read of the pipe is thrown away', [one('start', ['192.168.0.1', 2346])]],
      }),
    ],
  ])('%s: %j', async (_name, text, consequence) => {
    write(text)
    await expectFireflies(consequence())
  })
})

describe('the API', () => {
  const PRETTY = 4
  const NONE = '0001-01-01T00:00:00Z'

  interface FlowId {
    State: number
    Src: string
    Dst: string
    Experiment: number
    Activity: number
    StartTs?: string
    EndTs?: string
    Application?: string
  }

  /** A FlowID as flowd-go writes it. */
  function flowId({ State, Src, Dst, Experiment, Activity, StartTs, EndTs, Application }: FlowId): string {
    const fields = {
      State,
      Protocol: 0,
      Family: 10,
      Src,
      Dst,
      Experiment,
      Activity,
      StartTs: StartTs ?? NONE,
      EndTs: EndTs ?? NONE,
      CurrentTs: NONE,
      Info: { tcpInfo: null },
      Application: Application ?? 'flowd-go-v2.4.2',
      FlowInfoChans: null,
    }
    return `${JSON.stringify(fields, null, PRETTY)}\n`
  }

  async function ask(method: string, path: string, body?: string, type = 'application/json') {
    const init = body === undefined ? { method } : { method, body, headers: { 'content-type': type } }
    const answer = await fetch(`${api}${path}`, init)
    return { status: answer.status, text: comparable(await answer.text()) }
  }

  it.each([
    ['start', { State: 2, StartTs: '<now+01:00>' }, { startTime: '<now+01:00>' }],
    ['end', { State: 3, EndTs: '<now+01:00>' }, { endTime: '<now+00:00>' }],
  ] as const)('V102: /dummy/%s', async (state, times, told) => {
    const ends = { Src: '[::1]:2345', Dst: '[::1]:5777', Experiment: 65_535, Activity: 65_535 }
    const { status, text } = await ask('GET', `/dummy/${state}`)
    expect(status).toBe(200)
    expect(text).toBe(explained(flowId({ ...ends, ...times }), ANSWER_DIFFERENCES))
    const reference = referenceFirefly({
      state,
      source: ['::1', 2345],
      destination: ['::1', 5777],
      experiment: 65_535,
      activity: 65_535,
      ...told,
    })
    await expectFireflies({ reference: [reference] })
  })

  it.each(['start', 'end'] as const)('takes the %s of a flow and echoes it', async state => {
    const flow = {
      State: state === 'start' ? 2 : 3,
      Protocol: 0,
      Family: 10,
      Src: '[2001:db8::1]:2345',
      Dst: '[2001:db8::2]:5777',
      Experiment: 2,
      Activity: 16,
      Application: 'x <&> y',
    }
    const { status, text } = await ask('POST', '/flow', JSON.stringify(flow))
    expect([status, text]).toEqual([200, explained(flowId(flow), ANSWER_DIFFERENCES)])
    const reference = referenceFirefly({
      state,
      source: ['2001:db8::1', 2345],
      destination: ['2001:db8::2', 5777],
      experiment: 2,
      activity: 16,
      application: 'x <&> y',
      ...(state === 'end' ? { endTime: '<now+00:00>' } : {}),
    })
    // Go escapes for HTML.
    const escaped = reference.replace('x <&> y', 'x \\u003c\\u0026\\u003e y')
    await expectFireflies({ reference: [escaped] })
  })

  it.each([
    ['V102: addresses as objects', 'POST', '/flow', '{"State":2,"Src":{"IP":"::1","Port":1}}', 'application/json', 400],
    ['V102: a body of another type', 'POST', '/flow', '{"State":2}', 'text/plain', 400],
    ['V102: another path', 'GET', '/x', undefined, undefined, 404],
    ['another method', 'DELETE', '/flow', undefined, undefined, 405],
  ])('refuses %s', async (_what, method, path, body, type, status) => {
    const answer = await ask(method, path, body, type)
    expect(answer.status).toBe(status)
    used.add('errors are `{"message"}`')
    expect(Object.keys(JSON.parse(answer.text) as object)).toEqual(['message', 'code', 'remedy'])
    await expectFireflies({ reference: [] })
  })

  it('refuses an event that says nothing', async () => {
    used.add('`POST /flow` takes anything')
    expect((await ask('POST', '/flow', '{}')).status).toBe(400)
    await expectFireflies({ reference: [] })
  })

  it('lists its routes', async () => {
    used.add('`GET /` lists routes in random order by internal names')
    used.add('the paths are `/`, `/dummy/start`, `/dummy/end`, `/flow`')
    const { text } = await ask('GET', '/')
    const { ApiRoutes } = JSON.parse(text) as { ApiRoutes: { method: string; path: string; name: string }[] }
    const paths = ApiRoutes.map(({ method, path }) => `${method} ${path}`)
    expect(paths).toEqual(expect.arrayContaining(['GET /', 'GET /dummy/start', 'GET /dummy/end', 'POST /flow']))
    expect(text).toBe(`${JSON.stringify({ ApiRoutes }, ['ApiRoutes', 'method', 'path', 'name'], PRETTY)}\n`)
  })
})

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
    collector.send(datagram, receiverPort, '::ffff:127.0.0.1')
    await expectFireflies(consequence)
  })

  it.skipIf(here === undefined)('a flow that comes here (needs an address that others reach)', async () => {
    const times = { 'start-time': START }
    collector.send(incoming('start', { times, destination: here! }), receiverPort, '::ffff:127.0.0.1')
    const literally = out('start').replace('198.51.100.1', here!)
    const turned = out('start')
      .replace('192.0.2.77', here!)
      .replace('198.51.100.1', '192.0.2.77')
      .replace('"src-port":1094,"dst-port":40000', '"src-port":40000,"dst-port":1094')
    await expectFireflies({
      reference: [literally],
      ours: ['source and destination of a firefly are taken literally', [turned]],
    })
  })
})

describe('the stop', () => {
  it('announces the end of every flow that lives, where the reference says nothing', async () => {
    used.add('nothing is announced at a stop')
    const live = await flowd.control.flows()
    expect(live.length).toBeGreaterThan(0)
    expect(await flowd.stop()).toBe(0)
    const ends = heard.byCollector.map(text => /"state":"end".*"src-ip":"([^"]+)".*"src-port":(\d+)/.exec(text))
    const sources = ends.map(end => `${end?.[1]?.includes(':') === true ? `[${end[1]}]` : end?.[1]}:${end?.[2]}`)
    expect(sources.toSorted()).toEqual(live.map(({ source }) => source).toSorted())
  })
})

describe('the scrape', () => {
  /** The metrics that flowd-go documents to export, all of them gauges. */
  const NAMES = (
    'retrans rto ato rtt rtt_var minrtt pmtu mss advmss cwnd ssthresh bytes_sent_total bytes_acked_total ' +
    'bytes_received_total segs_out_total segs_in_total data_segs_out_total data_segs_in_total lastsnd lastrcv lastack ' +
    'pacing_rate delivery_rate delivered busy rwnd_limited rcv_space rcv_ssthresh rcv_snd_wnd rcv_ca_info'
  )
    .split(' ')
    .map(name => `flow_tcp_${name}`)

  it('has the names and labels of flowd-go on its port', async () => {
    const server = createServer().listen(0, '::1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const client = connect(port, '::1')
    await once(client, 'connect')
    const netlinkPort = await freePort()
    try {
      await using daemon = await new FlowdProcess({
        configuration: {
          compatibility: 'flowd-go',
          backends: { prometheus: { netlinkPort, skopsPort: 0 } },
          enrichers: { period: 100, netlink: {} },
        },
      }).ready()
      await daemon.control.send([`start tcp ::1 ${client.localPort} ::1 ${port} 2 16`])
      const text = await vi.waitFor(
        async () => {
          const answer = await (await fetch(`http://127.0.0.1:${netlinkPort}/metrics`)).text()
          expect(answer).toContain('flow_tcp_rtt{')
          return answer
        },
        { timeout: 20_000, interval: 100 },
      )
      const exported = new Set([...text.matchAll(/^(flow_\w+)\{/gm)].map(match => match[1]))
      // What flowd-go registers and never sets.
      used.add('`flow_tcp_rcvmss` is never set')
      expect([...exported].toSorted()).toEqual([...NAMES, 'flow_tcp_rcvmss'].toSorted())
      const labels = /^flow_tcp_rtt\{(.*?)\} /m.exec(text)?.[1]?.split(',').toSorted()
      used.add('the prometheus label `flow` holds two addresses of a function')
      expect(labels).toEqual([
        'act="16"',
        'dst="::1"',
        'exp="2"',
        'flavour="Netlink"',
        `flow="<${client.localPort}:${port}>"`,
        'src="::1"',
      ])
      expect(await daemon.stop()).toBe(0)
    } finally {
      client.destroy()
      server.close()
    }
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('every difference', () => {
  it('is one that the page names', () => {
    const unnamed = [...used].filter(words => !rows.some(row => row.includes(words)))
    expect(unnamed).toEqual([])
  })
})
