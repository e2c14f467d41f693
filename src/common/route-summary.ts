import type { FastifySchema } from 'fastify'

declare module 'fastify' {
  interface FastifySchema {
    /** What the route does. */
    summary?: string
  }
}

/** The options of a route that say in a sentence of Markdown what it does; the reference is generated from these. */
export function says(summary: string): { schema: FastifySchema } {
  return { schema: { summary } }
}
