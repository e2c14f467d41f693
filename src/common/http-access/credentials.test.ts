import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { apr1 } from './apr1.ts'
import { accepts, challenge } from './credentials.ts'
import { PasswordSet, readPasswords } from './passwords.ts'
import { readTokens, TokenSet } from './tokens.ts'

const FIRST = 'first-token-of-24-letters'
const SECOND = 'second+token/of_24~letters=='
const SHA = `{SHA}${createHash('sha1').update('secret').digest('base64')}`

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

describe('apr1', () => {
  it('is what openssl writes, for passwords of any length', () => {
    const passwords = [
      'a',
      'secret',
      'pass:word',
      'žluťoučký kůň',
      ...[7, 8, 15, 16, 17, 31, 32, 33, 64].map(n => 'xY7'.repeat(n).slice(0, n)),
    ]
    for (const [index, password] of passwords.entries()) {
      const salt = 'aB3./xyz'.slice(0, 1 + (index % 8))
      const line = execFileSync('openssl', ['passwd', '-apr1', '-salt', salt, '-stdin'], { input: `${password}\n` })
      expect(`$apr1$${salt}$${apr1(Buffer.from(password), salt)}`).toBe(line.toString().trim())
    }
  })

  it('is what Apache documents for myPassword', () => {
    expect(apr1(Buffer.from('myPassword'), 'r31.....')).toBe('HqJZimcKQFAMYayBlzkrA/')
  })
})

describe('tokens', () => {
  it('are the lines of a file, without comments', () => {
    expect(readTokens(`# for Prometheus\n${FIRST}\r\n\n  ${SECOND}  \n`)).toEqual([FIRST, SECOND])
  })

  it.each([
    ['too short', 'short'],
    ['with a blank', 'a token of many letters'],
    ['no ASCII', 'tököntökentököntöken'],
  ])('are refused when they are %s, without being shown', (_what, line) => {
    expect(() => readTokens(`${FIRST}\n${line}\n`)).toThrow(/^line 2 is no token/)
    expect(() => readTokens(`${FIRST}\n${line}\n`)).not.toThrow(line)
  })

  it('must be there', () => expect(() => readTokens('# none\n')).toThrow('no token'))

  it('are accepted each, and nothing else', () => {
    const credentials = { tokens: new TokenSet([FIRST, SECOND]) }
    for (const token of [FIRST, SECOND]) {
      expect(accepts(credentials, `Bearer ${token}`)).toBe(true)
      expect(accepts(credentials, `bearer  ${token}`)).toBe(true)
      for (const wrong of [token.slice(1), `${token}x`, token.toUpperCase(), '', `${FIRST} ${SECOND}`]) {
        expect(accepts(credentials, `Bearer ${wrong}`)).toBe(false)
      }
      expect(accepts(credentials, token)).toBe(false)
      expect(accepts(credentials, basic('user', token))).toBe(false)
    }
    expect(accepts(credentials, undefined)).toBe(false)
    expect(challenge(credentials)).toBe('Bearer realm="tidemark"')
  })
})

describe('passwords', () => {
  const text = `# users\nana:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/\nbo:${SHA}\n`

  it('are accepted in both forms, and nothing else', () => {
    const credentials = { passwords: new PasswordSet(readPasswords(text)) }
    expect(accepts(credentials, basic('ana', 'myPassword'))).toBe(true)
    expect(accepts(credentials, basic('bo', 'secret'))).toBe(true)
    const wrong = [
      ...['', 'mypassword', 'secret', `${'x'.repeat(300)}`].map(password => basic('ana', password)),
      ...['', 'myPassword', SHA].map(password => basic('bo', password)),
      ...['nobody', '__proto__', 'constructor', ''].map(user => basic(user, 'secret')),
      ...['Basic', 'Basic =', 'Basic YQ==', 'Bearer secret', 'Digest x', ''],
    ]
    for (const header of wrong) expect([header, accepts(credentials, header)]).toEqual([header, false])
    expect(challenge(credentials)).toBe('Basic realm="tidemark", charset="UTF-8"')
  })

  it.each([
    ['clear', 'bo:secret'],
    ['bcrypt', `bo:$2y$05$${'a'.repeat(53)}`],
    ['crypt', 'bo:rqXexS6ZhobKA'],
    ['nobody’s', `:${SHA}`],
  ])('that are %s are refused, without being shown', (_what, line) => {
    expect(() => readPasswords(`${text}${line}\n`)).toThrow(/^line 4 is not /)
    expect(() => readPasswords(`${text}${line}\n`)).not.toThrow(line)
  })

  it('must be there', () => expect(() => readPasswords('\n')).toThrow('no user'))
})

describe('without credentials', () => {
  it('everyone is accepted', () => expect(accepts({}, undefined)).toBe(true))
})
