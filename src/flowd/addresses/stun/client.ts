import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { messageOf, TidemarkError } from '../../../common/index.ts'
import { decodeReply, encodeBindingRequest, type MappedAddress, type StunReply } from './message.ts'

export interface StunServer {
  /** Name or address. */
  host: string
  port: number
}

export interface StunQuery {
  server: StunServer
  family: 'ipv4' | 'ipv6'
  /** The local address to ask from; the system chooses when absent. */
  localAddress?: string
  /** When to ask again for the first time; each further wait is twice as long (RFC 8489, 6.2.1). */
  firstRetryMs?: number
  /** When to give up. */
  timeoutMs?: number
  signal?: AbortSignal
}

const SOFTWARE = 'tidemark'
const FIRST_RETRY_MS = 500
const TIMEOUT_MS = 5_000

/**
 * Asks a STUN server from which address it sees this host.
 *
 * @throws TidemarkError STUN_NO_ANSWER, STUN_REFUSED; the signal's reason when it is aborted
 */
export async function queryMappedAddress(query: StunQuery): Promise<MappedAddress> {
  const { server, family, localAddress, signal } = query
  const name = `${server.host} port ${server.port}`
  const deadline = AbortSignal.timeout(query.timeoutMs ?? TIMEOUT_MS)
  const ended = signal === undefined ? deadline : AbortSignal.any([deadline, signal])
  const socket = createSocket(family === 'ipv4' ? 'udp4' : 'udp6')
  try {
    ended.throwIfAborted()
    // A resolver that hangs cannot be stopped, only left.
    const address = await Promise.race([resolve(server.host, family), rejection(ended)])
    const reply = await exchange(socket, { address, port: server.port, localAddress }, query.firstRetryMs, ended)
    if (reply.kind === 'mapped') return { address: reply.address, port: reply.port }
    throw new TidemarkError('STUN_REFUSED', { server: name, code: reply.code, reason: reply.reason })
  } catch (error) {
    if (error instanceof TidemarkError) throw error
    if (signal?.aborted) throw error
    const reason = deadline.aborted ? 'nothing came back in time' : messageOf(error)
    throw new TidemarkError('STUN_NO_ANSWER', { server: name, reason }, error)
  } finally {
    socket.close()
  }
}

async function resolve(host: string, family: StunQuery['family']): Promise<string> {
  if (isIP(host) !== 0) return host
  return (await lookup(host, { family: family === 'ipv4' ? 4 : 6 })).address
}

interface Peers {
  address: string
  port: number
  localAddress: string | undefined
}

/** Sends, and sends again, until a reply to this very request comes; the kernel passes only the server's datagrams. */
function exchange(
  socket: Socket,
  { address, port, localAddress }: Peers,
  firstRetryMs = FIRST_RETRY_MS,
  ended: AbortSignal,
): Promise<StunReply> {
  const transactionId = randomBytes(12)
  const request = encodeBindingRequest(transactionId, SOFTWARE)
  const { promise, resolve: settle, reject } = Promise.withResolvers<StunReply>()
  let timer: NodeJS.Timeout | undefined
  const send = (waitMs: number): void => {
    socket.send(request, error => error && reject(error))
    timer = setTimeout(() => send(waitMs * 2), waitMs)
  }
  socket.on('error', reject)
  socket.on('message', bytes => {
    const reply = decodeReply(bytes, transactionId)
    if (reply !== undefined) settle(reply)
  })
  // Without a callback, what prevents the connection is an 'error' event.
  socket.once('connect', () => send(firstRetryMs))
  socket.bind(localAddress === undefined ? {} : { address: localAddress }, () => socket.connect(port, address))
  return Promise.race([promise, rejection(ended)]).finally(() => clearTimeout(timer))
}

/** Rejects with the signal's reason once it is aborted. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
