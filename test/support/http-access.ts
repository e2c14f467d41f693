import { type IncomingHttpHeaders, request as requestHttp } from 'node:http'
import { type RequestOptions, request as requestHttps } from 'node:https'
import { text as readText } from 'node:stream/consumers'
import type { HttpAccessOptions } from '../../src/common/index.ts'

/** What a section says of access that says nothing of it. */
export const NO_ACCESS_FILES: HttpAccessOptions = {
  access: 'guarded',
  certificateFile: '',
  keyFile: '',
  tokenFile: '',
  passwordFile: '',
}

/** An answer, with what tests look at. */
export interface Answer {
  status: number
  text: string
  headers: IncomingHttpHeaders
}

/** Asks over HTTP or HTTPS, on a connection of its own; `ca` is what to trust. */
export function ask(url: string, options: RequestOptions & { body?: string } = {}): Promise<Answer> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  const { body, ...rest } = options
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent: false, ...rest }, response => {
      const { statusCode: status = 0, headers } = response
      readText(response).then(text => resolve({ status, text, headers }), reject)
    })
    asking.once('error', reject).end(body)
  })
}

export function bearer(token: string): RequestOptions {
  return { headers: { authorization: `Bearer ${token}` } }
}
