import { describe, expect, it, vi } from 'vitest'
import { unitContext } from '../../../test/support/flowd/unit-context.ts'
import { CollectorAddress } from './index.ts'

describe('CollectorAddress', () => {
  it('follows a collector that moves, and keeps its address while the resolver fails', async () => {
    vi.useFakeTimers()
    try {
      const { log, lines } = unitContext()
      const answers = [() => '192.0.2.1', fail, () => '192.0.2.1', () => '2001:db8::1']
      function fail(): string {
        throw new Error('no answer')
      }
      const address = new CollectorAddress('collector.example', log, async () => (answers.shift() ?? fail)())
      expect(address.current).toBeUndefined()
      await address.start()
      expect(address.current).toBe('192.0.2.1')
      await vi.advanceTimersByTimeAsync(60_000)
      expect(address.current).toBe('192.0.2.1')
      await vi.advanceTimersByTimeAsync(5000)
      await vi.advanceTimersByTimeAsync(60_000)
      expect(address.current).toBe('2001:db8::1')
      address.stop()
      await vi.advanceTimersByTimeAsync(600_000)
      expect(lines.map(({ level }) => level)).toEqual(['info', 'warn', 'info', 'info'])
    } finally {
      vi.useRealTimers()
    }
  })

  it('says once that a name cannot be resolved, however long that lasts, and once that it can again', async () => {
    vi.useFakeTimers()
    try {
      const { log, lines } = unitContext()
      let reason = 'no answer'
      const address = new CollectorAddress('collector.example', log, async () => {
        if (reason === '') return '192.0.2.1'
        throw new Error(reason)
      })
      await address.start()
      await vi.advanceTimersByTimeAsync(60_000)
      reason = 'no such name'
      await vi.advanceTimersByTimeAsync(60_000)
      reason = ''
      await vi.advanceTimersByTimeAsync(600_000)
      address.stop()
      const told = lines.map(({ level, fields }) => `${level} ${String(fields['reason'] ?? fields['address'])}`)
      expect(told).toEqual(['warn no answer', 'warn no such name', 'info 192.0.2.1'])
    } finally {
      vi.useRealTimers()
    }
  })

  it('does not wait long for a resolver that says nothing', async () => {
    const address = new CollectorAddress('collector.example', unitContext().log, () => new Promise(() => undefined))
    await address.start()
    expect(address.current).toBeUndefined()
    address.stop()
  })
})
