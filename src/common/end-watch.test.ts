import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EndWatch, IMPATIENCE_AFTER_MS } from './end-watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function watched() {
  const source = new EventEmitter()
  const watch = new EndWatch(source)
  const onImpatience = vi.fn()
  watch.onImpatience = onImpatience
  const send = (signal: NodeJS.Signals) => source.emit(signal, signal)
  return { source, watch, onImpatience, send }
}

describe('EndWatch', () => {
  it('ends by the first of SIGTERM and SIGINT', async () => {
    const { watch, send } = watched()
    expect(watch.ended).toBe(false)
    send('SIGINT')
    send('SIGTERM')
    expect(watch.ended).toBe(true)
    await expect(watch.end).resolves.toBe('SIGINT')
  })

  it('takes repetitions within a second for the same telling', () => {
    const { send, onImpatience } = watched()
    send('SIGTERM')
    send('SIGTERM')
    vi.advanceTimersByTime(IMPATIENCE_AFTER_MS - 1)
    send('SIGTERM')
    send('SIGINT')
    expect(onImpatience).not.toHaveBeenCalled()
  })

  it('takes one after a second, counted from the first, for impatience', () => {
    const { send, onImpatience } = watched()
    send('SIGTERM')
    vi.advanceTimersByTime(IMPATIENCE_AFTER_MS / 2)
    send('SIGTERM')
    vi.advanceTimersByTime(IMPATIENCE_AFTER_MS / 2)
    vi.advanceTimersToNextTimer()
    expect(onImpatience).not.toHaveBeenCalled()
    send('SIGINT')
    expect(onImpatience).toHaveBeenCalledOnce()
  })

  it('is not misled by a repetition that a busy process hears late', () => {
    const { send, onImpatience } = watched()
    send('SIGTERM')
    // The event loop gets to the timer, to what has come meanwhile, and only then to immediates.
    setTimeout(() => send('SIGTERM'), IMPATIENCE_AFTER_MS)
    vi.advanceTimersByTime(IMPATIENCE_AFTER_MS)
    vi.runAllTimers()
    expect(onImpatience).not.toHaveBeenCalled()
    send('SIGTERM')
    expect(onImpatience).toHaveBeenCalledOnce()
  })

  it('gives the signals back when it is closed', () => {
    const { source, watch } = watched()
    watch.close()
    expect(source.eventNames()).toEqual([])
  })

  it('holds them in the breath of the first, so that none kills a process that is about to leave', () => {
    const { source, watch, send, onImpatience } = watched()
    send('SIGTERM')
    watch.close()
    send('SIGTERM')
    expect(source.listenerCount('SIGTERM')).toBe(1)
    vi.runAllTimers()
    expect(source.eventNames()).toEqual([])
    expect(onImpatience).not.toHaveBeenCalled()
  })
})
