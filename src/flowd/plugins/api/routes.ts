import type { FastifyInstance } from 'fastify'
import { says, TidemarkError } from '../../../common/index.ts'
import type { FlowEvent } from '../../event.ts'
import { joinEndpoints, type ReadEvent } from '../../events/index.ts'
import type { FlowsView } from '../../unit.ts'
import { type FlowId, formatFlowId, formatLiveFlow } from './flow-id.ts'

/** What the routes need of the plugin. */
export interface ApiPort {
  flows: FlowsView
  /** What the program calls itself where an event names no application. */
  application: string
  /** Reads an event from a body; throws HTTP_BAD_REQUEST. */
  read(body: unknown): ReadEvent
  /** Takes an event and tells how it is echoed. */
  accept(read: ReadEvent): void
}

const ROUTES = [
  { method: 'GET', path: '/', name: 'root' },
  { method: 'GET', path: '/flows', name: 'flows' },
  { method: 'GET', path: '/dummy/start', name: 'dummyStart' },
  { method: 'GET', path: '/dummy/end', name: 'dummyEnd' },
  { method: 'POST', path: '/flow', name: 'flow' },
] as const

const FLOWS_DEFAULT = 1000
const FLOWS_MAX = 10_000

/** Ids that no registry has: flowd-go's mark of a flow that is only for trying things out. */
const DUMMY_ID = 65_535

/** Adds flowd-go's routes, and `/flows`. */
export function addRoutes(server: FastifyInstance, port: ApiPort, origin: string): void {
  const take = (read: ReadEvent): FlowId => {
    port.accept(read)
    const { event } = read
    return formatFlowId({ ...event, application: event.application ?? port.application })
  }
  server.get('/', says('The routes of flowd-go.'), () => ({ ApiRoutes: ROUTES }))
  const dummies = 'of a flow for trying things out: ::1 port 2345 to ::1 port 5777, announced and not marked.'
  server.get('/dummy/start', says(`The start ${dummies}`), () => take({ event: dummy('start', origin), warnings: [] }))
  server.get('/dummy/end', says(`The end ${dummies}`), () => take({ event: dummy('end', origin), warnings: [] }))
  server.post('/flow', says('Takes an event in the form of flowd-go, and echoes it.'), request =>
    take(port.read(request.body)),
  )
  const whichFlows = `The live flows, at most \`limit\` (${FLOWS_DEFAULT}, up to ${FLOWS_MAX}).`
  server.get<{ Querystring: { limit?: string } }>('/flows', says(whichFlows), request => {
    const limit = readLimit(request.query.limit)
    const flows: FlowId[] = []
    for (const flow of port.flows.flows()) {
      if (flows.length === limit) break
      flows.push(formatLiveFlow(flow))
    }
    return { Total: port.flows.size, Flows: flows }
  })
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return FLOWS_DEFAULT
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (!(limit <= FLOWS_MAX)) throw new TidemarkError('HTTP_BAD_REQUEST', { reason: `limit: not in 0-${FLOWS_MAX}` })
  return limit
}

/** The flow of the two dummy paths, ::1 port 2345 to ::1 port 5777. */
function dummy(state: 'start' | 'end', origin: string): FlowEvent {
  const flow = joinEndpoints('tcp', { address: '::1', port: 2345 }, { address: '::1', port: 5777 })
  const nowUs = Date.now() * 1000
  const time = state === 'start' ? { startTimeUs: nowUs } : { endTimeUs: nowUs }
  return { state, flow, experiment: DUMMY_ID, activity: DUMMY_ID, origin, ...time }
}
