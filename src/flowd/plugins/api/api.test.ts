import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { tupleOf } from '../../../../test/support/five-tuple.ts'
import { flowOf, startEvent } from '../../../../test/support/flowd/flows.ts'
import { describePlugin } from '../../../../test/support/flowd/plugin-conformance.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { freePort } from '../../../../test/support/free-port.ts'
import { NO_ACCESS_FILES } from '../../../../test/support/http-access.ts'
import { flowIdsRoundTrip, flowIdsSurvive } from '../../../../test/support/properties/flow-id.ts'
import { httpBodiesSurvive } from '../../../../test/support/properties/http-body.ts'
import type { Plugin } from '../../components.ts'
import type { FlowEvent } from '../../event.ts'
import { formatFlowId } from './flow-id.ts'
import { api } from './index.ts'
import type { ApiOptions } from './options.ts'

let port = 0
beforeAll(async () => {
  port = await freePort()
})

/** A request on a connection of its own: a kept one may belong to a server that was stopped. */
function call(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers: { ...init.headers, connection: 'close' } })
}

function post(body: unknown, type = 'application/json'): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return call('/flow', { method: 'POST', headers: { 'content-type': type }, body: text })
}

/** Options that are read when the plugin is made, since the port is found late. */
const options = () => ({ ...NO_ACCESS_FILES, bindAddress: '127.0.0.1', bindPort: port })

describePlugin('api', {
  create: context => api.create(options(), context),
  tell: async (_plugin, events) => {
    for (const event of events) expect((await post(formatFlowId({ ...event, application: 'x' }))).status).toBe(200)
  },
  tellNonsense: async () => expect((await post('{"State":')).status).toBe(400),
  refusalCause: 'refused',
  reach: async () => void (await call('/')),
})

describe('the API', () => {
  const plugins: Plugin[] = []
  afterEach(async () => {
    for (const plugin of plugins.splice(0)) await plugin.stop()
  })

  async function running(change: Partial<ApiOptions> = {}) {
    const context = unitContext()
    const plugin = api.create({ ...options(), ...change }, context)
    const events: FlowEvent[] = []
    await plugin.start(event => events.push(event))
    plugins.push(plugin)
    return { context, events, plugin }
  }

  const flow = {
    State: 2,
    Protocol: 0,
    Family: 10,
    Src: '[2001:db8::1]:2345',
    Dst: '[2001:db8::2]:5777',
    Experiment: 2,
    Activity: 16,
    Application: 'x',
  }

  it('takes flowd-go’s example and echoes it as flowd-go does', async () => {
    const { events } = await running()
    const answer = await post({ ...flow, StartTs: '2025-12-11T11:22:45.123456+01:00' })
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe(
      [
        '{',
        '    "State": 2,',
        '    "Protocol": 0,',
        '    "Family": 10,',
        '    "Src": "[2001:db8::1]:2345",',
        '    "Dst": "[2001:db8::2]:5777",',
        '    "Experiment": 2,',
        '    "Activity": 16,',
        '    "StartTs": "2025-12-11T10:22:45.123456Z",',
        '    "EndTs": "0001-01-01T00:00:00Z",',
        '    "CurrentTs": "0001-01-01T00:00:00Z",',
        '    "Info": {',
        '        "tcpInfo": null',
        '    },',
        '    "Application": "x",',
        '    "FlowInfoChans": null',
        '}',
        '',
      ].join('\n'),
    )
    expect(events).toEqual([
      {
        state: 'start',
        flow: tupleOf(),
        experiment: 2,
        activity: 16,
        application: 'x',
        startTimeUs: Date.UTC(2025, 11, 11, 10, 22, 45, 123) * 1000 + 456,
        origin: 'api',
      },
    ])
  })

  it('finds the family itself, takes words, names, and keys in any case, and ignores what it does not know', async () => {
    const { events } = await running()
    const body = {
      state: 'End',
      SRC: '10.0.0.1:1',
      dst: '10.0.0.2:2',
      experiment: 'CMS',
      activity: 'data challenge',
      x: 1,
    }
    const answer = await post(body)
    expect(await answer.json()).toMatchObject({ State: 3, Protocol: 0, Family: 2, Experiment: 3, Activity: 4 })
    expect(events[0]).toMatchObject({ state: 'end', flow: { family: 'ipv4' }, experiment: 3, activity: 4 })
  })

  it.each([
    ['no JSON', '{"State":', ''],
    ['nothing', '', ''],
    ['a list', [], ''],
    ['an empty object', {}, 'State'],
    ['an old state', { ...flow, State: 0 }, 'State'],
    ['an unknown protocol', { ...flow, Protocol: 6 }, 'Protocol'],
    ['an object as address', { ...flow, Src: { IP: '::1', Port: 1 } }, 'Src'],
    ['an address without port', { ...flow, Dst: '10.0.0.1' }, 'Dst'],
    ['IPv6 without brackets', { ...flow, Dst: '::1:5777' }, 'Dst'],
    ['a wrong address', { ...flow, Dst: '010.0.0.1:1' }, 'Dst'],
    ['a wrong port', { ...flow, Dst: '10.0.0.1:65536' }, 'Dst'],
    ['the other family', { ...flow, Family: 2 }, 'Family'],
    ['an experiment out of range', { ...flow, Experiment: 1024 }, 'Experiment'],
    ['an unknown experiment', { ...flow, Experiment: 'icecube' }, 'Experiment'],
    ['no activity', { ...flow, Activity: undefined }, 'Activity'],
    ['an activity out of range', { ...flow, Activity: 64 }, 'Activity'],
    ['a fraction as id', { ...flow, Activity: 1.5 }, 'Activity'],
    ['a wrong time', { ...flow, StartTs: 'now' }, 'StartTs'],
    ['a long application', { ...flow, Application: 'x'.repeat(257) }, 'Application'],
    ['a prototype', '{"__proto__":{}}', ''],
  ])('refuses %s with 400 and names the field', async (_what, body, field) => {
    const { events, context } = await running()
    const answer = await post(body)
    expect(answer.status).toBe(400)
    const { message, remedy } = (await answer.json()) as Record<string, string>
    expect(message).toContain(field === '' ? 'the request is not understood' : `: ${field}: `)
    expect(remedy).toContain('application/json')
    expect(events).toEqual([])
    expect(context.metrics.stage('plugin api').dropped('refused')).toBe(1)
  })

  it('refuses another content type with 400, a large body with 413, an unknown path with 404, a wrong method with 405', async () => {
    await running()
    expect((await post(flow, 'text/plain')).status).toBe(400)
    expect((await post({ ...flow, pad: 'x'.repeat(70_000) })).status).toBe(413)
    const missing = await call('/x')
    expect(missing.status).toBe(404)
    expect(await missing.json()).toMatchObject({ message: 'nothing is at GET /x' })
    const wrong = await call('/flow')
    expect(wrong.status).toBe(405)
    expect(await wrong.json()).toMatchObject({ message: '/flow does not take GET' })
  })

  it.each([
    ['start', 2],
    ['end', 3],
  ] as const)('answers /dummy/%s with flowd-go’s flow', async (state, number) => {
    const { events } = await running()
    const body = (await (await call(`/dummy/${state}`)).json()) as Record<string, unknown>
    expect(body).toMatchObject({
      State: number,
      Protocol: 0,
      Family: 10,
      Src: '[::1]:2345',
      Dst: '[::1]:5777',
      Experiment: 65_535,
      Activity: 65_535,
      FlowInfoChans: null,
    })
    expect(events).toMatchObject([{ state, experiment: 65_535, activity: 65_535 }])
    const [event] = events
    if (event?.state === 'start') expect(flowOf(event).label).toBeUndefined()
  })

  it('lists its routes and the live flows', async () => {
    const { context } = await running()
    const root = (await (await call('/')).json()) as { ApiRoutes: { method: string; path: string }[] }
    for (const { method, path } of root.ApiRoutes) {
      expect((await call(path, { method })).status).not.toBe(404)
    }
    for (const sourcePort of [1, 2, 3]) {
      const live = flowOf(startEvent(sourcePort))
      context.live.set(live.key, live)
    }
    const flows = (await (await call('/flows')).json()) as { Total: number; Flows: unknown[] }
    expect(flows).toMatchObject({ Total: 3, Flows: [{ Src: '[2001:db8::1]:1', Experiment: 3 }, {}, {}] })
    const one = (await (await call('/flows?limit=1')).json()) as { Total: number; Flows: unknown[] }
    expect([one.Total, one.Flows.length]).toEqual([3, 1])
    expect((await call('/flows?limit=x')).status).toBe(400)
    expect((await call('/healthz')).status).toBe(200)
  })

  it('takes an IPv6 address with or without brackets, and says why it cannot listen', async () => {
    for (const bindAddress of ['::1', '[::1]']) {
      const { plugin } = await running({ bindAddress, bindPort: 0 })
      await plugin.stop()
    }
    await running()
    await expect(running()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await expect(running({ bindAddress: '192.0.2.1', access: 'open' })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })

  it('takes events and shows flows only for a token of its file, once it has one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-api-'))
    try {
      const tokenFile = join(folder, 'tokens')
      writeFileSync(tokenFile, 'a-token-that-is-long-enough\n')
      const { context, events } = await running({ tokenFile })
      const headers = (token: string) => ({ 'content-type': 'application/json', authorization: `Bearer ${token}` })
      const tell = (more: Record<string, string>) =>
        call('/flow', { method: 'POST', headers: more, body: JSON.stringify(flow) })
      expect((await post(flow)).status).toBe(401)
      expect((await tell(headers('a-token-that-nobody-knows'))).status).toBe(401)
      expect((await call('/flows')).status).toBe(401)
      expect((await call('/dummy/start')).status).toBe(401)
      expect(events).toEqual([])
      expect(context.metrics.stage('plugin api').dropped('refused')).toBe(2)
      expect((await tell(headers('a-token-that-is-long-enough'))).status).toBe(200)
      expect(events).toHaveLength(1)
      expect((await call('/readyz')).status).toBe(200)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('does not start for others without access control, and does when told to', async () => {
    await expect(running({ bindAddress: '[::]' })).rejects.toMatchObject({ code: 'HTTP_UNGUARDED', exitCode: 78 })
    await running({ bindAddress: '0.0.0.0', access: 'open' })
    expect((await call('/flows')).status).toBe(200)
  })

  it('survives any body over HTTP', () => httpBodiesSurvive(20_000), 120_000)

  it('reads every FlowID that it writes', () => flowIdsRoundTrip(20_000))

  it('survives any JSON as a FlowID', () => flowIdsSurvive(20_000))
})
