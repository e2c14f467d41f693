import { afterEach, expect, it, vi } from 'vitest'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { LocalHost } from './local-host.ts'

afterEach(() => void vi.useRealTimers())

it('knows the addresses that were listed last while they cannot be listed again, and says so', () => {
  vi.useFakeTimers()
  const { log, lines } = unitContext()
  let list = () => ['2001:db8::1']
  const host = new LocalHost(() => list(), log)
  host.start()
  list = () => {
    throw new Error('too many open files')
  }
  vi.advanceTimersByTime(5000)
  expect(lines.at(-1)).toMatchObject({ level: 'warn', fields: { reason: 'too many open files' } })
  expect(host.has('2001:db8::1')).toBe(true)
  list = () => ['2001:db8::2']
  vi.advanceTimersByTime(5000)
  expect(host.has('2001:db8::1')).toBe(false)
  expect(host.has('2001:db8::2')).toBe(true)
  host.stop()
})
