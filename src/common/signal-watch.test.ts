import { EventEmitter } from 'node:events'
import { expect, it, vi } from 'vitest'
import { SignalWatch } from './signal-watch.ts'

it('a daemon reloads at SIGHUP, which ends nothing, until its watch is closed', () => {
  const source = new EventEmitter()
  const watch = new SignalWatch(source)
  const onReload = vi.fn()
  source.emit('SIGHUP')
  watch.onReload = onReload
  source.emit('SIGHUP')
  expect(onReload).toHaveBeenCalledOnce()
  expect(watch.ended).toBe(false)
  watch.close()
  expect(source.eventNames()).toEqual([])
})
