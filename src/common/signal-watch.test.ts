import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IMPATIENCE_AFTER_MS, SignalWatch } from './signal-watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function watched() {
  const source = new EventEmitter()
  const watch = new SignalWatch(source)
  const onImpatience = vi.fn()
  watch.onImpatience = onImpatience
  const send = (signal: NodeJS.Signals) => source.emit(signal, signal)
  return { source, watch, onImpatience, send }
}

describe('SignalWatch', () => {
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

  it('reloads at SIGHUP, which ends nothing', () => {
    const { watch, send } = watched()
    const onReload = vi.fn()
    watch.onReload = onReload
    send('SIGHUP')
    expect(onReload).toHaveBeenCalledOnce()
    expect(watch.ended).toBe(false)
  })

  it('hears nothing once closed, and leaves no timer', () => {
    const { source, watch, send, onImpatience } = watched()
    send('SIGTERM')
    watch.close()
    expect(vi.getTimerCount()).toBe(0)
    expect(source.eventNames()).toEqual([])
    expect(onImpatience).not.toHaveBeenCalled()
  })
})
