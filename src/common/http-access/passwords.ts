import { hash, timingSafeEqual } from 'node:crypto'
import { apr1 } from './apr1.ts'
import { secretLines } from './secret-lines.ts'

const LINE = /^([^:]{1,255}):(\$apr1\$[./0-9A-Za-z]{1,8}\$[./0-9A-Za-z]{22}|\{SHA\}[A-Za-z0-9+/]{27}=)$/
/** What a user that does not exist is checked against, so that the time tells nothing. */
const NOBODY = '$apr1$nobody$0000000000000000000000'
const PASSWORD_BYTES = 256

/**
 * Reads a file as `htpasswd` writes it: `USER:$apr1$SALT$HASH` (its default) or `USER:{SHA}BASE64` (its option -s).
 *
 * @returns the hashes by user
 * @throws Error which line is not understood, or that there is none; never what the line says
 */
export function readPasswords(text: string): Map<string, string> {
  const hashes = new Map<string, string>()
  for (const line of secretLines(text)) {
    const [, user, hashed] = LINE.exec(line.text) ?? []
    if (user === undefined || hashed === undefined) {
      throw new Error(`line ${line.number} is not USER:$apr1$… or USER:{SHA}… (bcrypt and crypt are not supported)`)
    }
    hashes.set(user, hashed)
  }
  if (hashes.size === 0) throw new Error('it holds no user')
  return hashes
}

/** The users that a server accepts. */
export class PasswordSet {
  readonly #hashes: ReadonlyMap<string, string>

  constructor(hashes: ReadonlyMap<string, string>) {
    this.#hashes = hashes
  }

  has(user: string, password: string): boolean {
    const bytes = Buffer.from(password)
    if (bytes.length > PASSWORD_BYTES) return false
    const known = this.#hashes.get(user)
    const isRight = matches(bytes, known ?? NOBODY)
    return known !== undefined && isRight
  }
}

function matches(password: Buffer, known: string): boolean {
  const [, , salt = ''] = known.split('$')
  const given = known.startsWith('{SHA}')
    ? `{SHA}${hash('sha1', password, 'base64')}`
    : `$apr1$${salt}$${apr1(password, salt)}`
  return timingSafeEqual(Buffer.from(given), Buffer.from(known))
}
