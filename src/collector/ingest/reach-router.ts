import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { TLSSocket } from 'node:tls'
import { TidemarkError } from '../../common/index.ts'
import { explainFailure } from './connect-failure.ts'
import type { Credentials } from './credentials.ts'
import { endpointUrl, type RouterEndpoint } from './endpoint.ts'
import { openSocket } from './router-socket.ts'

/** A router as it shows itself before a word of AMQP. */
export interface ReachedRouter {
  /** `127.0.0.1:5671` */
  address: string
  /** The version of TLS; absent for plain TCP. */
  protocol?: string
  certificate?: X509Certificate
}

/**
 * Connects to a router up to the end of the TLS handshake, and leaves again.
 *
 * @throws TidemarkError AMQP_UNREACHABLE and those that say what is wrong with its certificate
 */
export async function reachRouter(
  endpoint: RouterEndpoint,
  credentials: Credentials,
  timeoutMs: number,
): Promise<ReachedRouter> {
  const ready = Promise.withResolvers<void>()
  const socket = openSocket(endpoint, credentials, ready.resolve)
  const timer = setTimeout(() => {
    const reason = `no answer within ${timeoutMs} ms`
    socket.destroy(new TidemarkError('AMQP_UNREACHABLE', { url: endpointUrl(endpoint), reason }))
  }, timeoutMs)
  try {
    await Promise.race([
      ready.promise,
      once(socket, 'close').then(() => Promise.reject(new Error('closed without a word'))),
    ])
    const address = `${socket.remoteFamily === 'IPv6' ? `[${socket.remoteAddress}]` : socket.remoteAddress}:${socket.remotePort}`
    if (!(socket instanceof TLSSocket)) return { address }
    const certificate = socket.getPeerX509Certificate()
    return { address, protocol: socket.getProtocol() ?? 'TLS', ...(certificate && { certificate }) }
  } catch (error) {
    throw explainFailure(error, endpoint, false)
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}
