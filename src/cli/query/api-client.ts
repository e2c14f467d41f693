import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps, type RequestOptions } from 'node:https'
import { certificateFault, codeOf, isLoopback, messageOf, TidemarkError } from '../../common/index.ts'
import { jsonStream } from './json-stream.ts'

const API_PREFIX = '/api/v1alpha1/'
/** How long the collector may be silent before the answer to a plain query begins. */
const ANSWER_TIMEOUT_MS = 30_000

/** An object of v1alpha1: flat, with `recordType`, `identity` and attributes by name. */
export type ApiObject = Readonly<Record<string, unknown>>

/** What a collector wants to see before it answers. */
export interface ClientAccess {
  token?: string | undefined
  /** PEM of the authorities that may have signed the collector's certificate; the well-known ones when absent. */
  ca?: string | undefined
}

/** How a collector itself does. */
export interface Health {
  isConnected: boolean
  reason: string
  /** Routers and controllers that are heard of, and those that have fallen silent. */
  live: number
  stale: number
}

/** Reads a collector's v1alpha1. */
export class ApiClient {
  readonly #server: string
  readonly #requestOptions: RequestOptions

  /**
   * @param server base URL of the collector, for example `http://127.0.0.1:8010`
   * @throws TidemarkError SERVER_URL_INVALID, TOKEN_IN_CLEAR
   */
  constructor(server: string, { token, ca }: ClientAccess = {}) {
    const url = URL.parse(server)
    if (url === null || !/^https?:$/.test(url.protocol)) throw new TidemarkError('SERVER_URL_INVALID', { server })
    if (token !== undefined && url.protocol === 'http:' && !isLoopback(url.hostname)) {
      throw new TidemarkError('TOKEN_IN_CLEAR', { server })
    }
    this.#server = server.replace(/\/+$/, '')
    this.#requestOptions = {
      agent: false,
      ...(ca === undefined ? {} : { ca }),
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    }
  }

  /**
   * @param path below the API's prefix, with its query: `flows?vanaddr=backend`
   * @throws TidemarkError COLLECTOR_UNREACHABLE, COLLECTOR_UNTRUSTED, COLLECTOR_UNAUTHORIZED, COLLECTOR_REFUSED
   */
  async list(path: string): Promise<ApiObject[]> {
    for await (const value of this.#read(path)) if (Array.isArray(value)) return value as ApiObject[]
    throw this.#unreachable(new Error('the answer is no list'))
  }

  /**
   * The initial list, then each changed object as a list of one, until the signal aborts.
   *
   * @throws TidemarkError COLLECTOR_UNREACHABLE, COLLECTOR_UNTRUSTED, COLLECTOR_UNAUTHORIZED, COLLECTOR_REFUSED,
   *   COLLECTOR_ENDED_WATCH
   */
  async *watch(path: string, signal: AbortSignal): AsyncGenerator<ApiObject[], void, undefined> {
    let hasBegun = false
    let isWithdrawn = false
    try {
      for await (const value of this.#read(`${path}${path.includes('?') ? '&' : '?'}watch=1`, signal)) {
        isWithdrawn = isError(value)
        if (isWithdrawn) break
        yield (Array.isArray(value) ? value : [value]) as ApiObject[]
        hasBegun = true
      }
    } catch (error) {
      if (!hasBegun) throw error
    }
    if (isWithdrawn) throw new TidemarkError('COLLECTOR_UNAUTHORIZED', { server: this.#server })
    if (!signal.aborted) throw new TidemarkError('COLLECTOR_ENDED_WATCH', { server: this.#server })
  }

  /** How the collector itself does, or undefined when it does not say: the answers stand for themselves then. */
  async health(): Promise<Health | undefined> {
    try {
      const response = await this.#get(`${this.#server}/readyz`, undefined)
      let body = ''
      for await (const part of response) body += String(part)
      return readHealth(JSON.parse(body))
    } catch {
      return undefined
    }
  }

  async *#read(path: string, signal?: AbortSignal): AsyncGenerator<unknown, void, undefined> {
    try {
      const response = await this.#get(`${this.#server}${API_PREFIX}${path}`, signal)
      response.setEncoding('utf8')
      if (response.statusCode !== 200) throw await refusal(this.#server, response)
      yield* jsonStream(response)
    } catch (error) {
      if (signal?.aborted) return
      throw error instanceof TidemarkError ? error : this.#unreachable(error)
    }
  }

  #get(url: string, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const get = url.startsWith('https:') ? getHttps : getHttp
    return new Promise((resolve, reject) => {
      const request = get(url, { ...this.#requestOptions, ...(signal === undefined ? {} : { signal }) }, resolve)
      request.once('error', reject)
      // A watch may be silent for as long as nothing changes.
      if (signal === undefined) {
        request.setTimeout(ANSWER_TIMEOUT_MS, () => request.destroy(new Error(`no answer in ${ANSWER_TIMEOUT_MS} ms`)))
      }
    })
  }

  #unreachable(error: unknown): TidemarkError {
    const fault = certificateFault(error)
    if (fault !== undefined) {
      return new TidemarkError('COLLECTOR_UNTRUSTED', { server: this.#server, reason: fault.reason }, error)
    }
    return new TidemarkError('COLLECTOR_UNREACHABLE', { server: this.#server, reason: reasonOf(error) }, error)
  }
}

/** The last object of a watch whose credentials were withdrawn has nothing but this. */
function isError(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'error' in value && !('recordType' in value)
}

function readHealth(answer: unknown): Health | undefined {
  const { status, reason, sources } = Object(answer) as Record<string, unknown>
  if (typeof status !== 'string' || typeof reason !== 'string') return undefined
  const { live, stale } = Object(sources) as Record<string, unknown>
  return { isConnected: status === 'ready', reason, live: Number(live ?? 0), stale: Number(stale ?? 0) }
}

/** Node reports failed attempts at several addresses of one name as an aggregate without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  const message = messageOf(error)
  if (message.includes('wrong version number')) return 'no TLS is spoken there; perhaps http:// is meant'
  if (codeOf(error) === 'ECONNRESET') return `${message}; perhaps https:// is meant`
  // Errors of OpenSSL end with a line break.
  return message.trim()
}

async function refusal(server: string, response: IncomingMessage): Promise<TidemarkError> {
  if (response.statusCode === 401) {
    response.destroy()
    return new TidemarkError('COLLECTOR_UNAUTHORIZED', { server })
  }
  let text = ''
  for await (const part of response) text += String(part)
  return new TidemarkError('COLLECTOR_REFUSED', {
    server,
    status: response.statusCode ?? 0,
    reason: text.slice(0, 300) || 'no reason given',
  })
}
