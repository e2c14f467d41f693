import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../../../common/index.ts'
import { isTidemarkError, messageOf, says } from '../../../common/index.ts'
import { jsonArray } from '../json-blocks.ts'
import type { WatchHub } from '../watch/hub.ts'
import type { ApiObject, Projection } from './projection.ts'
import { isDeleted } from './projection.ts'
import { readQuery } from './query.ts'
import type { Selection } from './selections.ts'
import { SELECTIONS } from './selections.ts'

const SUMMARY = 'Objects of [v1alpha1](api-v1alpha1.md), and with `watch=1` their changes.'

/** As the prototype sends it, without a charset. */
const JSON_TYPE = 'application/json'

export interface V1alpha1Options {
  projection: Projection
  hub: WatchHub
  /** Has the answer to a request end in its own way when its credentials are withdrawn. */
  endWhenWithdrawn: (request: FastifyRequest, end: () => void) => void
  log: Logger
}

/**
 * The prototype's API. Every answer is JSON: an array of flat objects, or `{"error": …}` with a status of 400 and up.
 * With `watch=1` the array is followed by changed objects for as long as the client stays: `[…]{…}{…}`, each object in
 * a chunk of its own.
 */
export function v1alpha1(options: V1alpha1Options): (server: FastifyInstance) => void {
  const { projection, hub, log } = options
  return server => {
    server.setErrorHandler((thrown, _request, reply) => {
      const status = isTidemarkError(thrown) ? thrown.httpStatus : statusOf(thrown)
      return refuse(reply, status, messageOf(thrown))
    })
    server.setNotFoundHandler((request, reply) =>
      refuse(reply, 400, request.method === 'GET' ? 'Invalid GET Query' : 'Unsupported Method'),
    )
    for (const [path, select] of Object.entries(SELECTIONS)) {
      server.get(`/${path}`, { ...says(SUMMARY), exposeHeadRoute: false }, async (request, reply) => {
        const query = readQuery(request.url)
        const selection = select(projection, query)
        if (selection === undefined) return refuse(reply, 400, 'vanaddr argument missing')
        if (!query.watch) return list(reply, selection, log)
        if (!hub.admits()) return refuse(reply, 503, 'too many watchers')
        return watch(request, reply, selection, options)
      })
    }
  }
}

function statusOf(thrown: unknown): number {
  const status = thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : undefined
  return typeof status === 'number' && status >= 400 ? status : 500
}

function refuse(reply: FastifyReply, status: number, reason: string): FastifyReply {
  const phrase = status < 500 && status !== 401 ? `Bad request - ${reason}` : reason
  return reply
    .code(status)
    .header('content-type', JSON_TYPE)
    .send(JSON.stringify({ error: phrase }))
}

function encode({ objects, includeDeleted }: Selection): AsyncGenerator<string, void, undefined> {
  return jsonArray<ApiObject>(objects, object => includeDeleted || !isDeleted(object))
}

function list(reply: FastifyReply, selection: Selection, log: Logger): FastifyReply {
  // One block in advance is enough: a client that reads slowly must not make us hold more.
  const blocks = Readable.from(encode(selection), { highWaterMark: 1 })
  blocks.once('error', error => log.error({ error: messageOf(error), stack: error.stack }, 'a list broke off'))
  return reply.header('content-type', JSON_TYPE).send(blocks)
}

async function watch(
  request: FastifyRequest,
  reply: FastifyReply,
  selection: Selection,
  { hub, endWhenWithdrawn, log }: V1alpha1Options,
): Promise<void> {
  const response = startStream(request, reply)
  const watcher = hub.add(response, selection.topics)
  endWhenWithdrawn(request, () => watcher.withdraw())
  response.once('close', () => hub.remove(watcher))
  try {
    for await (const block of encode(selection)) {
      if (!(await watcher.writeList(block))) return
    }
    watcher.open()
  } catch (error) {
    log.error({ error: messageOf(error) }, 'a watch broke off')
    response.destroy()
  }
}

/** Takes the connection out of the framework's hands: it will be written to for as long as the client stays. */
function startStream(request: FastifyRequest, reply: FastifyReply): ServerResponse {
  reply.hijack()
  const response = reply.raw
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) response.setHeader(name, value)
  }
  response.writeHead(200, { 'content-type': JSON_TYPE })
  response.flushHeaders()
  // An idle watcher is a healthy one; a dead one is found by the kernel's probes, or when it takes nothing.
  request.raw.socket.setTimeout(0)
  request.raw.socket.setKeepAlive(true, 30_000)
  return response
}
