import { encodeJson } from '../../src/collector/api/json-blocks.ts'
import { isDeleted } from '../../src/collector/api/v1alpha1/projection.ts'
import { readQuery } from '../../src/collector/api/v1alpha1/query.ts'
import { SELECTIONS } from '../../src/collector/api/v1alpha1/selections.ts'
import { ATTRIBUTES } from '../../src/vanflow/index.ts'
import type { ToldGraph } from '../../test/support/told-graph.ts'
import { exampleVan } from './example-van.ts'

interface Example {
  path: string
  query?: string
  says: string
}

const EXAMPLES: readonly Example[] = [
  {
    path: 'topology',
    says: 'The routers, then each link between them once, from the side that accepts (`direction` is `incoming`). `name` of a link is the name of the router at its other end.',
  },
  { path: 'routers', says: 'The routers.' },
  {
    path: 'links',
    says: 'The links. A router of 3.x reports a link once, from the side that connects; it is shown twice, from the perspective of each router: `ID` is the reported end (`outgoing`), `ID~p` the peer (`incoming`), as soon as the peer is known. Routers of 2.x report both ends themselves.',
  },
  {
    path: 'vanaddrs',
    says: 'The service addresses. `addresses` is another name of this path. `totalFlows` and `currentFlows` count FLOW objects: two for a connection, two for a request.',
  },
  {
    path: 'flows',
    query: 'vanaddr=backend',
    says: 'All of a service address: the address itself, then each listener with what flows below it, depth first, then each connector likewise. `vanaddr` is required and may be repeated. An unknown address gives an empty list.',
  },
  {
    path: 'flows',
    query: 'vanaddr=backend&includeDeleted=1',
    says: 'The same with what has ended and is still retained.',
  },
  {
    path: 'record',
    query: 'id=fz6wq:3~c&id=fz6wq:3',
    says: 'Objects by their ids, in the order of the ids; unknown ids are passed over. `id` may be repeated.',
  },
  { path: 'listeners', says: 'Where routers accept connections of clients.' },
  {
    path: 'connectors',
    says: 'Where routers connect to servers. `process` is the process behind the host, once it is known.',
  },
  { path: 'processes', says: 'The processes, mostly pods. `image` is the id of the IMAGE object.' },
  { path: 'images', says: 'The container images of the processes.' },
  { path: 'sites', says: 'The sites.' },
]

/** `docs/reference/api-v1alpha1.md`: every path with an answer that the code gave to a network that never changes. */
export function apiPage(): string {
  const van = exampleVan()
  return [
    '# API v1alpha1',
    '',
    "The API of Skupper's flow-collector prototype, at `/api/v1alpha1/` of the collector's HTTP port (8010). The answers below were given by the code to a small network: two",
    'sites, one service, one connection with one request, and one connection that has ended.',
    '',
    ...rules(),
    ...EXAMPLES.flatMap(example => section(van, example)),
    ...watching(van),
    ...flowRules(),
    ...attributes(),
    '',
  ].join('\n')
}

function rules(): string[] {
  return [
    '## Rules',
    '',
    '- Every answer is JSON: an array of flat objects, or `{"error": "…"}` with a status of 400 and up.',
    '- An object has the attributes of its record by name, then `recordType` and `identity`, and the same again as `rtype` and `id`.',
    '- Times are microseconds since the epoch by the clock of the source. `duration` is in microseconds, until now for what lives. `endTime` is there once something has ended.',
    '- `endReason` says why something has ended whose source did not say that it did: `silent` (not heard of for 30 s), `restarted`, `swept` (missing when the source told all it knows), `shutdown`.',
    '- Integers beyond 2^53 are strings of digits.',
    '- `includeDeleted=1` shows what has ended, `includeDeleted=0` leaves it out. Without it `topology`, `flows` and `record` leave it out, the lists of one type show it.',
    '- `watch=1` goes on with what changes, see [watching](#watching). For flags, `1` and `true` are true, anything else is false.',
    '- Queries are percent-decoded. Unknown parameters are ignored.',
    '- Only GET is answered; other methods, and paths that are not listed here, give status 400.',
    '- With `USE_CORS=yes` in the environment (or `http.cors` in the configuration) pages of any origin may read the API.',
    '',
  ]
}

function section(van: ToldGraph, { path, query, says }: Example): string[] {
  const request = query === undefined ? path : `${path}?${query}`
  return [
    `## ${request}`,
    '',
    says,
    '',
    '```',
    `GET /api/v1alpha1/${request}`,
    '```',
    '',
    '```json',
    list(answer(van, request)),
    '```',
    '',
  ]
}

/** What the server answers: through the same selection, in the same encoding. */
function answer(van: ToldGraph, request: string): string[] {
  const [path = ''] = request.split('?')
  const selection = SELECTIONS[path]?.(van.api, readQuery(request))
  if (selection === undefined) throw new Error(`the example ${request} is refused`)
  return [...selection.objects].filter(object => selection.includeDeleted || !isDeleted(object)).map(encodeJson)
}

/** One object a line, for the reader; the server sends no blanks. */
function list(objects: readonly string[]): string {
  return `[\n${objects.map(object => `  ${object}`).join(',\n')}\n]`
}

function watching(van: ToldGraph): string[] {
  const before = answer(van, 'routers?includeDeleted=0').slice(0, 1)
  van.tell('ROUTER', 'fz6wq:0', { mode: 'edge' })
  const after = answer(van, 'routers?includeDeleted=0').slice(0, 1)
  return [
    '## Watching',
    '',
    'With `watch=1` the array is followed by one object for each change, without any separator, each in an HTTP chunk of its own, for as long as the client stays. Every object',
    'is complete; a client that replaces by `identity` what it knows has the state. An end is seen as an object with `endTime`. `flows` watches what belongs to its addresses, ended',
    'or not, and may begin before the address exists.',
    '',
    'Changes of one object within 20 ms come as one. For a client that reads slowly the latest state of each changed object is kept, up to 1 MB; then its connection is cut, without',
    'the last chunk of HTTP, and `tidemark_collector_watchers_cut_total` counts it. The collector itself ends a stream with the last chunk when it stops.',
    '',
    'When the token or password that opened a stream is withdrawn (its file changes), the stream ends within seconds: with the object `{"error":"credentials withdrawn"}` and the last',
    'chunk, or, while the array is still on its way, without them.',
    '',
    '```',
    'GET /api/v1alpha1/routers?watch=1',
    '```',
    '',
    '```',
    `[${before.join(',')}]${after.join('')}`,
    '```',
    '',
  ]
}

function flowRules(): string[] {
  return [
    "## FLOW objects of today's routers",
    '',
    'Routers of 2.x tell a connection as two FLOW records, one from each side. Routers of 3.x tell one BIFLOW_TPORT, and a BIFLOW_APP for each request. In this API they appear as the',
    'FLOW objects that its clients know:',
    '',
    '| | FLOW `X`, below the listener | FLOW `X~c`, below the connector (once that is known) |',
    '|---|---|---|',
    '| `parent` | the listener; of a request, the FLOW of its connection | the connector; of a request, the FLOW `~c` of its connection |',
    '| `octets` | from client to server | `octetsReverse`: from server to client |',
    '| `latency` | to the first byte of the answer, as the client saw it | `processLatency`: as the connector saw it |',
    '| `sourceHost`, `sourcePort` | of the client | `proxyHost`, `proxyPort`: of the connector towards the server |',
    '| `process` | of the client | of the server |',
    '| `counterflow` | `X~c` | `X` |',
    '| `reason` | the error at the listener | the error at the connector |',
    '| `trace` | – | the routers passed |',
    '',
  ]
}

function attributes(): string[] {
  const rows = ATTRIBUTES.slice(2).map(({ name, kind, unit }) => `| \`${name}\` | ${kind} | ${unit ?? ''} |`)
  return [
    '## Attributes',
    '',
    'What records may carry, in the order of the protocol. A `reference` holds the id of another object; a `counter` only grows.',
    '',
    '| name | kind | unit |',
    '|---|---|---|',
    ...rows,
  ]
}
