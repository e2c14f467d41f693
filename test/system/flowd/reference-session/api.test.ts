import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explained, mayDiffer, ReferenceDaemon } from '../../../support/flowd/reference-daemon.ts'
import { ANSWER_DIFFERENCES, comparable, referenceFirefly } from '../../../support/flowd/reference-session.ts'

let daemon: ReferenceDaemon
beforeAll(async () => {
  daemon = await ReferenceDaemon.start()
})
afterAll(() => daemon[Symbol.asyncDispose]())

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
    const answer = await fetch(`${daemon.api}${path}`, init)
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
    await daemon.expectFireflies({ reference: [reference] })
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
    await daemon.expectFireflies({ reference: [escaped] })
  })

  it.each([
    ['V102: addresses as objects', 'POST', '/flow', '{"State":2,"Src":{"IP":"::1","Port":1}}', 'application/json', 400],
    ['V102: a body of another type', 'POST', '/flow', '{"State":2}', 'text/plain', 400],
    ['V102: another path', 'GET', '/x', undefined, undefined, 404],
    ['another method', 'DELETE', '/flow', undefined, undefined, 405],
  ])('refuses %s', async (_what, method, path, body, type, status) => {
    const answer = await ask(method, path, body, type)
    expect(answer.status).toBe(status)
    mayDiffer('errors are `{"message"}`')
    expect(Object.keys(JSON.parse(answer.text) as object)).toEqual(['message', 'code', 'remedy'])
    await daemon.expectFireflies({ reference: [] })
  })

  it('refuses an event that says nothing', async () => {
    mayDiffer('`POST /flow` takes anything')
    expect((await ask('POST', '/flow', '{}')).status).toBe(400)
    await daemon.expectFireflies({ reference: [] })
  })

  it('lists its routes', async () => {
    mayDiffer('`GET /` lists routes in random order by internal names')
    mayDiffer('the paths are `/`, `/dummy/start`, `/dummy/end`, `/flow`')
    const { text } = await ask('GET', '/')
    const { ApiRoutes } = JSON.parse(text) as { ApiRoutes: { method: string; path: string; name: string }[] }
    const paths = ApiRoutes.map(({ method, path }) => `${method} ${path}`)
    expect(paths).toEqual(expect.arrayContaining(['GET /', 'GET /dummy/start', 'GET /dummy/end', 'POST /flow']))
    expect(text).toBe(`${JSON.stringify({ ApiRoutes }, ['ApiRoutes', 'method', 'path', 'name'], PRETTY)}\n`)
  })
})
