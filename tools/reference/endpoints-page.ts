import fastify, { type FastifyInstance } from 'fastify'
import { WatchHub } from '../../src/collector/api/index.ts'
import { addCollectorRoutes } from '../../src/collector/api/server.ts'
import { silentLogger } from '../../src/common/index.ts'
import { addControlRoutes } from '../../src/flowd/daemon/control-server.ts'
import { addHealthRoutes } from '../../src/flowd/health.ts'
import { addRoutes } from '../../src/flowd/plugins/api/routes.ts'
import { unitContext } from '../../test/support/flowd/unit-context.ts'
import { exampleNetwork } from './example-van.ts'

/** `docs/reference/endpoints.md`: every route of every server, as the servers are told of them. */
export async function endpointsPage(): Promise<string> {
  return [
    '# Endpoints',
    '',
    'What the HTTP servers of both roles answer. Beyond loopback each asks for TLS and for credentials ([how to](../how-to/secure-the-api.md)), except for `/healthz` and `/readyz`. Errors are those of the',
    '[table](errors.md), with its statuses.',
    '',
    '## Collector',
    '',
    'Port 8010 (`http.bindPort`).',
    '',
    ...(await routes(addCollector)),
    '',
    '## flowd: the control socket',
    '',
    'HTTP over the Unix socket `/run/tidemark/flowd.sock` (`controlSocket.path`), for its user and group only.',
    '',
    ...(await routes(server => addControlRoutes(server, control))),
    '',
    '## flowd: the plugin `api`',
    '',
    'Port 7777 (`plugins.api.bindPort`), when the plugin is on. The paths of flowd-go answer as it does.',
    '',
    ...(await routes(addApi)),
    '',
  ].join('\n')
}

/** The rows of the routes that are added, in that order. */
async function routes(add: (server: FastifyInstance) => void | Promise<void>): Promise<string[]> {
  const server = fastify({ exposeHeadRoutes: false })
  const rows: string[] = []
  server.addHook('onRoute', ({ method, url, schema }) => {
    if (schema?.summary === undefined) throw new Error(`the route ${url} does not say what it does`)
    rows.push(`| ${[method].flat().join(', ')} | \`${url}\` | ${schema.summary} |`)
  })
  await add(server)
  await server.ready()
  await server.close()
  return ['| method | path | |', '|---|---|---|', ...rows]
}

async function addCollector(server: FastifyInstance): Promise<void> {
  const { api } = exampleNetwork()
  await addCollectorRoutes(server, {
    projection: api,
    hub: new WatchHub(api),
    metrics: { contentType: '', blocks: nothing },
    readiness: () => ({ isReady: true, reason: '', sources: { live: 0, stale: 0 } }),
    endWhenWithdrawn: () => undefined,
    log: silentLogger,
  })
}

const context = unitContext()

const control: Parameters<typeof addControlRoutes>[1] = {
  flows: nothing,
  health: context.health,
  status: nothing,
  send: nothing,
  reload: nothing,
  metrics: nothing,
}

function nothing(): never {
  throw new Error('the routes are only listed')
}

function addApi(server: FastifyInstance): void {
  addRoutes(server, { flows: context.flows, application: '', read: nothing, accept: nothing }, 'api')
  addHealthRoutes(server, context.health)
}
