import type { FastifyInstance } from 'fastify'
import { says } from '../../common/index.ts'

export interface Readiness {
  isReady: boolean
  /** What is missing, or what stands; one short line. */
  reason: string
}

/** Adds `/healthz` (the process answers) and `/readyz` (it also sees the network). */
export function addProbes(server: FastifyInstance, readiness: () => Readiness): void {
  server.get('/healthz', says('Status 200 while the process answers.'), () => ({ status: 'ok' }))
  server.get(
    '/readyz',
    says('Status 200 while a router is connected, else 503; with the reason.'),
    (_request, reply) => {
      const { isReady, reason } = readiness()
      return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', reason })
    },
  )
}
