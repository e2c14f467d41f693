import { deepStrictEqual, match } from 'node:assert'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { api } from '../../../src/flowd/plugins/api/index.ts'
import { unitContext } from '../flowd/unit-context.ts'
import { NO_ACCESS_FILES } from '../http-access.ts'

/** So many requests are under way at once. */
const BATCH = 20
/** So many bodies are made at once: the maker takes long to begin. */
const SAMPLE = 1000

interface Body {
  type: string | undefined
  bytes: Uint8Array
}

const GOOD = '{"State":2,"Src":"[2001:db8::1]:2345","Dst":"[2001:db8::2]:5777","Experiment":2,"Activity":16}'

const types = fc.constantFrom('application/json', 'application/json; charset=utf-8', 'text/plain', 'x', '', undefined)
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.json().map(json => `{"State":2,"Src":${json}}`),
  fc
    .tuple(fc.nat(GOOD.length), fc.string({ maxLength: 3 }))
    .map(([at, by]) => GOOD.slice(0, at) + by + GOOD.slice(at + by.length)),
)
const bodies: fc.Arbitrary<Body> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('application/json'), bytes: texts.map(text => Buffer.from(text)) }),
  },
  fc.record({ type: types, bytes: fc.uint8Array({ maxLength: 200 }) }),
)

/**
 * Any body may come to the API: each is an event, or is refused with its reason and counted, and a good one is taken.
 */
export async function httpBodiesSurvive(cases: number): Promise<void> {
  const context = unitContext()
  const plugin = api.create({ ...NO_ACCESS_FILES, bindAddress: '127.0.0.1', bindPort: 0 }, context)
  let events = 0
  await plugin.start(() => {
    events += 1
  })
  const listening = context.lines.find(({ message }) => message === 'the API listens')
  const agent = new Agent({ keepAlive: true, maxSockets: BATCH })
  const url = `${String(listening?.fields['address'])}/flow`
  const post = ({ type, bytes }: Body): Promise<[status: number | undefined, body: string]> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-length': bytes.length, ...(type === undefined ? {} : { 'content-type': type }) }
      request(url, { method: 'POST', agent, headers }, response => {
        text(response).then(body => resolve([response.statusCode, body]), reject)
      })
        .once('error', reject)
        .end(bytes)
    })
  const account = context.metrics.stage('plugin api')
  try {
    for (let sent = 0; sent < cases; sent += SAMPLE) {
      const sample = fc.sample(bodies, SAMPLE)
      for (let at = 0; at < SAMPLE; at += BATCH) {
        for (const [status, body] of await Promise.all(sample.slice(at, at + BATCH).map(post)))
          requireAnswer(status, body)
      }
    }
    deepStrictEqual(account.received, Math.ceil(cases / SAMPLE) * SAMPLE)
    deepStrictEqual(account.passed + account.dropped(), account.received)
    deepStrictEqual(events, account.passed)
    deepStrictEqual((await post({ type: 'application/json', bytes: Buffer.from(GOOD) }))[0], 200)
  } finally {
    agent.destroy()
    await plugin.stop()
  }
}

/** An event is echoed; what is refused is answered with what to do. */
function requireAnswer(status: number | undefined, body: string): void {
  if (status === 200) return
  match(String(status), /^4\d\d$/)
  deepStrictEqual(Object.keys(JSON.parse(body) as object), ['message', 'code', 'remedy'])
}
