import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { codeOf, type ErrorBody, isTidemarkError, messageOf, TidemarkError } from '../../common/index.ts'
import type { HealthView } from '../health.ts'
import type { FlowView, ReloadResult, SendResult } from './control-port.ts'
import type { StatusView } from './status-view.ts'

/** How long flowd may take for one answer: a reload on a busy host starts and stops units before it does. */
const PATIENCE_MS = 30_000

/** Speaks to a running flowd through its control socket. */
export class ControlClient {
  readonly #socketPath: string
  readonly #patienceMs: number

  /** @param patienceMs how long one answer may take, its end included */
  constructor(socketPath: string, patienceMs = PATIENCE_MS) {
    this.#socketPath = socketPath
    this.#patienceMs = patienceMs
  }

  /** The live flows. */
  async flows(): Promise<FlowView[]> {
    return (await this.#call<{ flows: FlowView[] }>('GET', '/flows')).flows
  }

  health(): Promise<HealthView> {
    return this.#call('GET', '/healthz')
  }

  status(): Promise<StatusView> {
    return this.#call('GET', '/status')
  }

  /** Sends events as lines in the pipe's grammar. */
  send(lines: readonly string[]): Promise<SendResult> {
    return this.#call('POST', '/events', lines.join('\n'))
  }

  /** Makes the daemon read its configuration again. */
  reload(): Promise<ReloadResult> {
    return this.#call('POST', '/reload', '')
  }

  /**
   * @throws TidemarkError FLOWD_UNREACHABLE, FLOWD_SILENT, FLOWD_ANSWER_UNREADABLE, CONTROL_SOCKET_DENIED,
   *   FLOWD_REFUSED
   */
  async #call<Answer>(method: string, path: string, body?: string): Promise<Answer> {
    const { status, answer } = await this.#exchange(method, path, body)
    if (status < 400) return answer as Answer
    if (!isErrorBody(answer)) throw this.#unreadable(`status ${status} without an error of flowd's table`)
    const { code, message, remedy } = answer
    throw new TidemarkError('FLOWD_REFUSED', { code, message, remedy })
  }

  async #exchange(method: string, path: string, body: string | undefined): Promise<{ status: number; answer: object }> {
    const signal = AbortSignal.timeout(this.#patienceMs)
    try {
      const response = await this.#request(method, path, body, signal)
      return { status: response.statusCode ?? 500, answer: this.#parsed(await text(response)) }
    } catch (error) {
      throw isTidemarkError(error) ? error : this.#failure(error, signal.aborted)
    }
  }

  #request(method: string, path: string, body: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'text/plain' }
      const outgoing = request({ socketPath: this.#socketPath, method, path, headers, signal }, resolve)
      outgoing.once('error', reject)
      outgoing.end(body)
    })
  }

  #parsed(json: string): object {
    let answer: unknown
    try {
      answer = JSON.parse(json)
    } catch (error) {
      throw this.#unreadable(messageOf(error), error)
    }
    if (typeof answer !== 'object' || answer === null) throw this.#unreadable('the answer is no JSON object')
    return answer
  }

  #failure(error: unknown, isLate: boolean): TidemarkError {
    const path = this.#socketPath
    if (isLate) return new TidemarkError('FLOWD_SILENT', { path, seconds: this.#patienceMs / 1000 }, error)
    const code = codeOf(error)
    if (code === 'EACCES') return new TidemarkError('CONTROL_SOCKET_DENIED', { path }, error)
    // The parser's complaint about what is no HTTP.
    if (code?.startsWith('HPE_')) return this.#unreadable(messageOf(error), error)
    return new TidemarkError('FLOWD_UNREACHABLE', { path, reason: messageOf(error) }, error)
  }

  #unreadable(reason: string, cause?: unknown): TidemarkError {
    return new TidemarkError('FLOWD_ANSWER_UNREADABLE', { path: this.#socketPath, reason }, cause)
  }
}

function isErrorBody(answer: object): answer is ErrorBody {
  return ['code', 'message', 'remedy'].every(key => typeof Reflect.get(answer, key) === 'string')
}
