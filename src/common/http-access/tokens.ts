import { hash, timingSafeEqual } from 'node:crypto'
import { secretLines } from './secret-lines.ts'

/** `b64token` of RFC 6750 section 2.1, long enough that nobody guesses it. */
const TOKEN = /^[A-Za-z0-9\-._~+/]{16,4096}={0,2}$/

/**
 * Reads a file of bearer tokens, one a line.
 *
 * @throws Error which line is no token, or that there is none; never what the line says
 */
export function readTokens(text: string): string[] {
  const lines = secretLines(text)
  for (const line of lines) {
    if (!TOKEN.test(line.text)) {
      throw new Error(`line ${line.number} is no token (16 or more of A-Z a-z 0-9 - . _ ~ + /)`)
    }
  }
  if (lines.length === 0) throw new Error('it holds no token')
  return lines.map(line => line.text)
}

/** The tokens that a server accepts. */
export class TokenSet {
  readonly #digests: readonly Buffer[]

  constructor(tokens: readonly string[]) {
    this.#digests = tokens.map(digest)
  }

  /** Takes the same time whichever token it is, and however much of it is right. */
  has(token: string): boolean {
    const given = digest(token)
    let found = false
    for (const known of this.#digests) found = timingSafeEqual(known, given) || found
    return found
  }
}

function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}
