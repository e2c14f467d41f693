import type { FastifyInstance } from 'fastify'
import { says } from '../common/index.ts'

/** How the daemon does. */
export interface HealthView {
  status: 'starting' | 'ready' | 'stopping'
  uptimeSeconds: number
  liveFlows: number
  /** The units that run. */
  plugins: string[]
  backends: string[]
  enrichers: string[]
  /** What keeps a unit from its work now; the rest goes on. */
  problems: { unit: string; problem: string }[]
}

/**
 * Adds `/healthz`, which answers 200 while the process lives, and `/readyz`, which answers 200 once everything is
 * started and 503 before and after.
 */
export function addHealthRoutes(server: FastifyInstance, health: () => HealthView): void {
  server.get(
    '/healthz',
    says('How the daemon does: status, live flows, units that run, what keeps one from its work.'),
    () => health(),
  )
  server.get('/readyz', says('The same; status 503 until everything is started.'), (_request, reply) => {
    const view = health()
    return reply.code(view.status === 'ready' ? 200 : 503).send(view)
  })
}
