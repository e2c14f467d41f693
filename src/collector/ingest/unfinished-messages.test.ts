import { describe, expect, it } from 'vitest'
import { MAX_UNFINISHED_BYTES, UnfinishedMessages } from './unfinished-messages.ts'

describe('UnfinishedMessages', () => {
  it('holds nothing of what ended, however it ended', () => {
    const messages = new UnfinishedMessages()
    for (let handle = 0; handle < 100; handle += 1) messages.add(handle, 1_000_000 / 100, false)
    expect(messages.bytes).toBeGreaterThanOrEqual(1_000_000)
    for (let handle = 0; handle < 50; handle += 1) messages.add(handle, 10, true)
    for (let handle = 50; handle < 100; handle += 1) messages.forget(handle)
    messages.forget(1)
    messages.add(3, 10_000, true)
    expect(messages.bytes).toBe(0)
  })

  it('refuses messages that do not end, in large parts, in empty ones, or on ever new links', () => {
    const endless = (handleOf: (part: number) => number, length: number) => () => {
      const messages = new UnfinishedMessages()
      for (let part = 0; part < MAX_UNFINISHED_BYTES; part += 1) messages.add(handleOf(part), length, false)
    }
    expect(endless(() => 1, 1_000_000)).toThrow(RangeError)
    expect(endless(() => 1, 0)).toThrow('that do not end')
    expect(endless(part => part, 16_000)).toThrow(RangeError)
  })
})
