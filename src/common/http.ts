import type { FastifyError, FastifyInstance } from 'fastify'
import { isTidemarkError, messageOf, TidemarkError } from './errors/index.ts'
import type { Logger } from './log.ts'

/** The body of every answer that reports an error. `message` alone is what flowd-go's clients know. */
export interface ErrorBody {
  message: string
  code: string
  remedy: string
}

/** An error of the table as the body of an answer. */
export function errorBody(error: TidemarkError): ErrorBody {
  return { message: error.message, code: error.code, remedy: error.remedy }
}

/**
 * Makes a server answer every failure as JSON from the error table: what routes throw, what the framework refuses
 * (bad JSON, a body too large), an unknown path, and a known path with the wrong method. Call it before adding routes.
 */
export function answerErrorsFromTable(server: FastifyInstance, log: Logger): void {
  const methodsByPath = new Map<string, Set<string>>()
  server.addHook('onRoute', route => {
    const methods = methodsByPath.get(route.url) ?? new Set<string>()
    for (const method of [route.method].flat()) methods.add(method)
    methodsByPath.set(route.url, methods)
  })
  server.setErrorHandler((thrown: FastifyError, request, reply) => {
    const error = fromFramework(thrown)
    if (error.httpStatus >= 500)
      log.error({ error: messageOf(thrown), stack: thrown.stack, path: request.url }, 'request failed')
    return reply.code(error.httpStatus).send(errorBody(error))
  })
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? request.url
    const methods = methodsByPath.get(path)
    const error =
      methods === undefined
        ? new TidemarkError('HTTP_NOT_FOUND', { method: request.method, path })
        : new TidemarkError('HTTP_METHOD_NOT_ALLOWED', {
            method: request.method,
            path,
            allowed: [...methods].join(', '),
          })
    return reply.code(error.httpStatus).send(errorBody(error))
  })
}

function fromFramework(thrown: FastifyError): TidemarkError {
  if (isTidemarkError(thrown)) return thrown
  if (thrown.statusCode === 413) return new TidemarkError('HTTP_BODY_TOO_LARGE', {}, thrown)
  const reason = messageOf(thrown)
  const refused = thrown.statusCode !== undefined && thrown.statusCode >= 400 && thrown.statusCode < 500
  return new TidemarkError(refused ? 'HTTP_BAD_REQUEST' : 'INTERNAL', { reason }, thrown)
}
