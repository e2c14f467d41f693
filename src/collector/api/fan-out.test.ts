import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProjectionInMemory } from '../../../test/support/projection-in-memory.ts'
import { RunningApi } from '../../../test/support/running-api.ts'
import type { WatchStream } from '../../../test/support/watch-stream.ts'

type Known = Map<string, Record<string, unknown>>

/** What a client knows that merged all it was sent by identity. */
function merged(stream: WatchStream): Known {
  const [list = [], ...changes] = stream.values as [Record<string, unknown>[]?, ...Record<string, unknown>[]]
  return new Map([...list, ...changes].map(object => [String(object['id']), object]))
}

function state(view: ProjectionInMemory): Known {
  return new Map([...view.list('LINK')].map(object => [String(object['id']), { ...object }]))
}

describe('watch clients', () => {
  it('know the state after their list and its changes, whenever they come', async () => {
    await using api = await RunningApi.start()
    const schedule = fc.array(fc.tuple(fc.nat(30), fc.nat(1000), fc.boolean()), { minLength: 20, maxLength: 80 })
    await fc.assert(
      fc.asyncProperty(schedule, async steps => {
        api.view.records.clear()
        const streams: WatchStream[] = []
        for (const [id, octets, isPause] of steps) {
          api.view.put('LINK', `a:${id}`, { octets })
          if (isPause && octets % 8 === 0) await sleep(octets % 3)
          if (streams.length < 5 && octets % 6 === 0) streams.push(api.watch('/links?watch=1'))
        }
        for (const stream of streams) {
          await expect.poll(() => merged(stream), { interval: 5 }).toEqual(state(api.view))
          stream.close()
        }
      }),
      { numRuns: 30 },
    )
  })

  it('100 of them get everything while one that does not read is cut at its limit, for a counted reason', async () => {
    const maxBytes = 1024 * 1024
    await using api = await RunningApi.start({}, { maxBytes })
    const healthy = Array.from({ length: 100 }, () => api.watch('/links?watch=1'))
    const stalled = api.watch('/links?watch=1')
    for (const stream of healthy) await expect.poll(() => stream.values).toHaveLength(1)
    await expect.poll(() => api.hub.watchers).toBe(101)
    stalled.socket.pause()
    let most = 0
    let links = 0
    // The kernel's buffers take some megabytes before the process holds anything.
    while (api.hub.cuts['too-slow'] === 0 && links < 4000) {
      for (let burst = 0; burst < 20; burst += 1, links += 1) {
        api.view.put('LINK', `a:${links}`, { name: 'x'.repeat(4000) })
      }
      await sleep(25)
      most = Math.max(most, api.hub.memoryBytes)
    }
    expect(api.hub.cuts).toEqual({ 'too-slow': 1, 'no-progress': 0, withdrawn: 0 })
    expect(api.hub.watchers).toBe(100)
    expect(most).toBeGreaterThan(maxBytes / 2)
    for (const stream of healthy) {
      await expect.poll(() => merged(stream).size).toBe(links)
      expect(stream.isClosed).toBe(false)
    }
    stalled.socket.resume()
    await expect.poll(() => stalled.isClosed).toBe(true)
    expect(stalled.isComplete).toBe(false)
  })

  it('hold the event loop for a moment only, however long their list is', async () => {
    await using api = await RunningApi.start()
    for (let index = 0; index < 100_000; index += 1) api.view.put('LINK', `a:${index}`, { name: 'x'.repeat(150) })
    const turns: number[] = []
    let last = performance.now()
    const timer = setInterval(() => {
      turns.push(performance.now() - last)
      last = performance.now()
    }, 1)
    const response = await fetch(`${api.url}/links`)
    let bytes = 0
    for await (const part of response.body!) bytes += (part as Uint8Array).length
    clearInterval(timer)
    expect(bytes).toBeGreaterThan(20_000_000)
    // Many turns while it was sent; how long each took is for the benchmark.
    expect(turns.length).toBeGreaterThan(50)
  })
})
