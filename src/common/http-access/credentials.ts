import type { PasswordSet } from './passwords.ts'
import type { TokenSet } from './tokens.ts'

/** Who a server accepts; both absent: everyone. */
export interface Credentials {
  tokens?: TokenSet
  passwords?: PasswordSet
}

/** Whether a request with this `Authorization` header is accepted (RFC 6750 section 2.1, RFC 7617 section 2). */
export function accepts({ tokens, passwords }: Credentials, authorization: string | undefined): boolean {
  if (tokens === undefined && passwords === undefined) return true
  const [, scheme = '', value = ''] = /^(bearer|basic) +([^\s]+)$/i.exec(authorization ?? '') ?? []
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return tokens?.has(value) ?? false
    case 'basic': {
      const text = Buffer.from(value, 'base64').toString()
      const colon = text.indexOf(':')
      return colon > 0 && (passwords?.has(text.slice(0, colon), text.slice(colon + 1)) ?? false)
    }
    default:
      return false
  }
}

/** The `WWW-Authenticate` header of a refusal. */
export function challenge({ tokens, passwords }: Credentials): string {
  const schemes: string[] = []
  if (tokens !== undefined) schemes.push('Bearer realm="tidemark"')
  if (passwords !== undefined) schemes.push('Basic realm="tidemark", charset="UTF-8"')
  return schemes.join(', ')
}
