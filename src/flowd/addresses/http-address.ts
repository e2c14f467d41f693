import { type ClientRequest, get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { isIPv4 } from 'node:net'
import { messageOf, TidemarkError } from '../../common/index.ts'
import { canonicalAddress } from '../../scitags/index.ts'

/** An answer is one small JSON object; more than this is not read. */
const BODY_BYTES = 16_384

export interface HttpAddressQuery {
  /**
   * A service that answers with a JSON object whose `ip` is the address it sees, as
   * https://api64.ipify.org?format=json.
   */
  url: string
  /** The local address to ask from. */
  localAddress: string
  signal: AbortSignal
}

/**
 * Asks a web service from which address it sees this host.
 *
 * @throws TidemarkError PUBLIC_ADDRESS_NO_ANSWER
 */
export async function queryHttpAddress(query: HttpAddressQuery): Promise<string> {
  const { url } = query
  try {
    const response = await request(query)
    if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
    return readAddress(await readBody(response))
  } catch (error) {
    throw new TidemarkError('PUBLIC_ADDRESS_NO_ANSWER', { url, reason: messageOf(error) }, error)
  }
}

function request({ url, localAddress, signal }: HttpAddressQuery): Promise<IncomingMessage> {
  const family = isIPv4(localAddress) ? 4 : 6
  const get: typeof getHttp = url.startsWith('https:') ? getHttps : getHttp
  return new Promise((resolve, reject) => {
    // A connection of its own: a kept one would have another local address.
    const outgoing: ClientRequest = get(url, { localAddress, family, signal, agent: false }, resolve)
    outgoing.once('error', reject)
  })
}

async function readBody(response: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) {
    body += String(chunk)
    if (body.length > BODY_BYTES) throw new Error('the answer is too long')
  }
  return body
}

function readAddress(body: string): string {
  const answer: unknown = JSON.parse(body)
  const text = typeof answer === 'object' && answer !== null && 'ip' in answer ? answer.ip : undefined
  const address = typeof text === 'string' ? canonicalAddress(text) : undefined
  if (address === undefined) throw new Error(`no address in the answer ${body.slice(0, 100)}`)
  return address
}
