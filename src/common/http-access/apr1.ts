import { hash } from 'node:crypto'

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Which bytes of the digest make each group of four characters. */
const GROUPS = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const
const ROUNDS = 1000

/**
 * Apache's variant of the MD5-based crypt, what `htpasswd` and `openssl passwd -apr1` write (apr_md5_encode of APR).
 *
 * @param salt up to 8 characters
 * @returns the 22 characters after `$apr1$SALT$`
 */
export function apr1(password: Buffer, salt: string): string {
  const saltBytes = Buffer.from(salt)
  const inner = md5(password, saltBytes, password)
  const parts = [password, Buffer.from('$apr1$'), saltBytes]
  for (let left = password.length; left > 0; left -= 16) parts.push(inner.subarray(0, Math.min(16, left)))
  for (let bits = password.length; bits > 0; bits >>= 1) {
    parts.push(bits % 2 === 1 ? Buffer.alloc(1) : password.subarray(0, 1))
  }
  let digest = md5(...parts)
  for (let round = 0; round < ROUNDS; round += 1) {
    const isOdd = round % 2 === 1
    const mixed = [isOdd ? password : digest]
    if (round % 3 !== 0) mixed.push(saltBytes)
    if (round % 7 !== 0) mixed.push(password)
    mixed.push(isOdd ? digest : password)
    digest = md5(...mixed)
  }
  const byte = (at: number) => digest[at] ?? 0
  const groups = GROUPS.map(([high, middle, low]) => encode((byte(high) << 16) | (byte(middle) << 8) | byte(low), 4))
  return groups.join('') + encode(byte(11), 2)
}

function md5(...parts: Buffer[]): Buffer {
  return hash('md5', Buffer.concat(parts), 'buffer')
}

/** Six bits a character, the lowest first. */
function encode(value: number, characters: number): string {
  return Array.from({ length: characters }, (_none, at) => ALPHABET[(value >> (6 * at)) & 63]).join('')
}
