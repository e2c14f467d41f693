import { pipeline, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createGzip, gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** Shorter bodies are not worth it. */
const SMALLEST_BYTES = 4096
/** The fastest level: metrics and lists shrink to a tenth or less even so. */
const GZIP = { level: 1, chunkSize: 64 * 1024 }
/** Each compressor holds 256 KB for as long as its client reads; who comes beyond is sent the body as it is. */
const COMPRESSORS_MOST = 64

/**
 * Makes a server send large bodies compressed to those who take gzip: text from 4 KB on, and all that is sent as a
 * stream. Node compresses on threads of its own, so the event loop goes on. Answers that a route writes itself, as
 * watch streams are, stay as they are. Call it before adding routes.
 */
export function compressLargeBodies(server: FastifyInstance): void {
  const compress = promisify(gzip)
  let compressors = 0
  server.addHook('onSend', async (request, reply, payload: unknown) => {
    const isStream = payload instanceof Readable
    if (!isStream && !(typeof payload === 'string' && Buffer.byteLength(payload) >= SMALLEST_BYTES)) return payload
    addVary(reply)
    if (!takesGzip(request.headers['accept-encoding']) || compressors >= COMPRESSORS_MOST) return payload
    reply.header('content-encoding', 'gzip')
    if (!isStream) return compress(payload, GZIP)
    compressors += 1
    const compressor = createGzip(GZIP).once('close', () => {
      compressors -= 1
    })
    // A failure of either end destroys the other; the framework hears it from the compressor.
    return pipeline(payload, compressor, () => undefined)
  })
}

/** Caches must keep both forms apart (RFC 9110 section 12.5.5). */
function addVary(reply: FastifyReply): void {
  const others = reply.getHeader('vary')
  reply.header('vary', others === undefined ? 'accept-encoding' : `${String(others)}, accept-encoding`)
}

/** Whether an `Accept-Encoding` header takes gzip (RFC 9110 section 12.5.3). */
export function takesGzip(header: string | string[] | undefined): boolean {
  let takesAny = false
  for (const item of String(header ?? '').split(',')) {
    const [coding, ...parameters] = item.split(';').map(part => part.trim().toLowerCase())
    const isRefused = parameters.some(parameter => /^q=0(\.0{0,3})?$/.test(parameter))
    if (coding === 'gzip' || coding === 'x-gzip') return !isRefused
    if (coding === '*') takesAny = !isRefused
  }
  return takesAny
}
