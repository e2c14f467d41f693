import { describe, expect, it } from 'vitest'
import { NO_ACCESS_FILES } from '../../../test/support/http-access.ts'
import { isTidemarkError } from '../errors/index.ts'
import type { HttpAccessOptions } from './options.ts'
import { isLoopback, requireGuard } from './require-guard.ts'

const TLS = { certificateFile: '/c', keyFile: '/k' }

/** The error that refuses, if one does. */
function refusal(address: string, change: Partial<HttpAccessOptions>) {
  try {
    requireGuard('http', address, { ...NO_ACCESS_FILES, ...change })
    return undefined
  } catch (error) {
    if (!isTidemarkError(error)) throw error
    return error
  }
}

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', '[::1]', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost'])(
    '%s',
    address => expect(isLoopback(address)).toBe(true),
  )

  it.each([
    '0.0.0.0',
    '::',
    '[::]',
    '192.0.2.1',
    '2001:db8::1',
    '128.0.0.1',
    '',
    'localhost.example',
    '127.0.0.1.example',
  ])('not %s', address => expect(isLoopback(address)).toBe(false))
})

describe('requireGuard', () => {
  it('asks for nothing on loopback', () => expect(refusal('127.0.0.1', {})).toBeUndefined())

  it.each<[string, Partial<HttpAccessOptions>]>([
    ['TLS and a token', { ...TLS, tokenFile: '/t' }],
    ['TLS and passwords', { ...TLS, passwordFile: '/p' }],
    ['an explicit refusal', { access: 'open' }],
    ['a refusal, with passwords all the same', { access: 'open', passwordFile: '/p' }],
  ])('lets a server be reached by others with %s', (_what, change) => {
    expect(refusal('0.0.0.0', change)).toBeUndefined()
  })

  it.each<[string, Partial<HttpAccessOptions>, RegExp]>([
    ['nothing', {}, /TLS .* and without tokenFile/],
    ['TLS only', TLS, /without tokenFile/],
    ['a token only', { tokenFile: '/t' }, /without TLS/],
  ])('refuses it with %s', (_what, change, says) => {
    const error = refusal('::', change)
    expect([error?.code, error?.exitCode]).toEqual(['HTTP_UNGUARDED', 78])
    expect(error?.message).toMatch(says)
    expect(error?.remedy).toContain('http.access: open')
  })

  it.each(['127.0.0.1', '0.0.0.0'])('refuses half a pair of files on %s', address => {
    expect(refusal(address, { access: 'open', keyFile: '/k' })?.code).toBe('HTTP_KEY_PAIR_INCOMPLETE')
    expect(refusal(address, { access: 'open', certificateFile: '/c' })?.code).toBe('HTTP_KEY_PAIR_INCOMPLETE')
  })
})
