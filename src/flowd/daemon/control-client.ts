import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { codeOf, type ErrorBody, messageOf, TidemarkError } from '../../common/index.ts'
import type { HealthView } from '../health.ts'
import type { FlowView, ReloadResult, SendResult } from './control-port.ts'
import type { StatusView } from './status-view.ts'

/** Speaks to a running flowd through its control socket. */
export class ControlClient {
  readonly #socketPath: string

  constructor(socketPath: string) {
    this.#socketPath = socketPath
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

  /** @throws TidemarkError FLOWD_UNREACHABLE, CONTROL_SOCKET_DENIED, FLOWD_REFUSED */
  async #call<Answer>(method: string, path: string, body?: string): Promise<Answer> {
    const response = await this.#request(method, path, body)
    const answer: unknown = JSON.parse(await text(response))
    if ((response.statusCode ?? 500) >= 400) {
      const { code, message, remedy } = answer as ErrorBody
      throw new TidemarkError('FLOWD_REFUSED', { code, message, remedy })
    }
    return answer as Answer
  }

  #request(method: string, path: string, body: string | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'text/plain' }
      const outgoing = request({ socketPath: this.#socketPath, method, path, headers }, resolve)
      outgoing.once('error', error => reject(this.#failure(error)))
      outgoing.end(body)
    })
  }

  #failure(error: Error): TidemarkError {
    const path = this.#socketPath
    if (codeOf(error) === 'EACCES') return new TidemarkError('CONTROL_SOCKET_DENIED', { path }, error)
    return new TidemarkError('FLOWD_UNREACHABLE', { path, reason: messageOf(error) }, error)
  }
}
