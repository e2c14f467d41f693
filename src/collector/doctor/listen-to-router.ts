import type { TidemarkError } from '../../common/index.ts'
import { BEACON_ADDRESS, decodeMessage } from '../../vanflow/index.ts'
import { type AmqpOptions, type AmqpPeer, type Credentials, connectAmqp, type RouterEndpoint } from '../ingest/index.ts'

/** Every source sends a BEACON each 10 s; a router's first may be as late. */
const BEACON_WAIT_MS = 12_000

/** What came of a connection to a router. */
export interface HeardOfRouter {
  peer: AmqpPeer
  /** Who announced itself first: `ROUTER fz6wq:0`. */
  source?: string
  /** Why the router ended the link on which sources announce themselves. */
  refusal?: string
  /** From the router's word of welcome to that, or for how long nothing came. */
  waitedMs: number
}

/**
 * Connects to a router as the collector does, and waits for one source to announce itself.
 *
 * @throws TidemarkError why there is no connection
 */
export async function listenToRouter(
  endpoint: RouterEndpoint,
  credentials: Credentials,
  options: AmqpOptions,
): Promise<HeardOfRouter> {
  const opened = Promise.withResolvers<AmqpPeer>()
  const closed = Promise.withResolvers<never>()
  const connection = connectAmqp(endpoint, credentials, options, {
    opened: opened.resolve,
    outcome: () => undefined,
    closed: (failure: TidemarkError | undefined) => closed.reject(failure),
  })
  let timer: NodeJS.Timeout | undefined
  try {
    const peer = await Promise.race([opened.promise, closed.promise])
    const beganMs = performance.now()
    const heard = await Promise.race([
      closed.promise,
      new Promise<Pick<HeardOfRouter, 'source' | 'refusal'>>(resolve => {
        timer = setTimeout(resolve, BEACON_WAIT_MS, {})
        connection.attach(BEACON_ADDRESS, {
          attached: () => undefined,
          aborted: () => undefined,
          message: payload => {
            const message = decodeMessage(payload)
            if (message.kind === 'beacon') resolve({ source: `${message.sourceType} ${message.id ?? message.address}` })
          },
          detached: refusal => resolve({ refusal }),
        })
      }),
    ])
    return { peer, ...heard, waitedMs: performance.now() - beganMs }
  } finally {
    clearTimeout(timer)
    await connection.close()
  }
}
