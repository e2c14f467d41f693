import type { FastifyInstance } from 'fastify'

/** How the daemon does. */
export interface HealthView {
  status: 'starting' | 'ready' | 'stopping'
  uptimeSeconds: number
  liveFlows: number
  /** The units that run. */
  plugins: string[]
  backends: string[]
  enrichers: string[]
}

/**
 * Adds `/healthz`, which answers 200 while the process lives, and `/readyz`, which answers 200 once everything is
 * started and 503 before and after.
 */
export function addHealthRoutes(server: FastifyInstance, health: () => HealthView): void {
  server.get('/healthz', () => health())
  server.get('/readyz', (_request, reply) => {
    const view = health()
    return reply.code(view.status === 'ready' ? 200 : 503).send(view)
  })
}
