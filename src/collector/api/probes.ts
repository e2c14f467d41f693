import type { FastifyInstance } from 'fastify'
import { says } from '../../common/index.ts'

export interface Readiness {
  isReady: boolean
  /** What is missing, or what stands; one short line. */
  reason: string
  /** How many routers and controllers are heard of, and how many are silent though they should not be. */
  sources: { live: number; stale: number }
}

/** Load balancers ask by HEAD, too. */
const METHODS = ['GET', 'HEAD']

/** Adds `/healthz` (the process answers) and `/readyz` (it also sees the network). */
export function addProbes(server: FastifyInstance, readiness: () => Readiness): void {
  server.route({
    method: METHODS,
    url: '/healthz',
    ...says('Status 200 while the process answers.'),
    handler: () => ({ status: 'ok' }),
  })
  server.route({
    method: METHODS,
    url: '/readyz',
    ...says(
      'Status 200 while a router is connected and tells of its network, else 503; with the reason, and how many `sources` (routers and controllers) are `live` and `stale`, silent.',
    ),
    handler: (_request, reply) => {
      const { isReady, ...rest } = readiness()
      return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', ...rest })
    },
  })
}
