import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ProjectionInMemory } from '../../../../test/support/projection-in-memory.ts'
import type { WatchSink } from './client.ts'
import { WATCH_DEFAULTS, WatchHub } from './hub.ts'
import { addressTopic, typeTopic } from './topics.ts'

/** A peer that can stop reading. */
class Peer implements WatchSink {
  readonly chunks: string[] = []
  isReading = true
  isDestroyed = false
  isEnded = false
  readonly #waiting: { bytes: number; done: () => void }[] = []

  get writableLength(): number {
    return this.#waiting.reduce((sum, write) => sum + write.bytes, 0)
  }

  write(chunk: string | Uint8Array, done: () => void): boolean {
    this.chunks.push(chunk.toString())
    this.#waiting.push({ bytes: chunk.length, done })
    if (this.isReading) queueMicrotask(() => this.read())
    return this.isReading
  }

  /** Takes what was written so far. */
  read(): void {
    for (const { done } of this.#waiting.splice(0)) done()
  }

  end(): void {
    this.isEnded = true
  }

  destroy(): void {
    this.isDestroyed = true
    this.#waiting.splice(0)
  }

  get objects(): { id: string; octets: number }[] {
    return this.chunks.map(chunk => JSON.parse(chunk) as { id: string; octets: number })
  }
}

const TICK_MS = 5
const options = { ...WATCH_DEFAULTS, tickMs: TICK_MS }
const nextTick = () => sleep(TICK_MS * 6)

function setUp(hubOptions = options) {
  const view = new ProjectionInMemory()
  const hub = new WatchHub(view, hubOptions)
  return { view, hub }
}

describe('WatchHub', () => {
  it('tells each watcher what it watches, once a tick and in its latest state, each object in a write of its own', async () => {
    const { view, hub } = setUp()
    const links = new Peer()
    const backend = new Peer()
    hub.add(links, [typeTopic('LINK')]).open()
    hub.add(backend, [addressTopic('backend')]).open()
    view.put('LINK', 'a:1', { octets: 1 })
    view.put('LINK', 'a:1', { octets: 2 })
    view.put('LINK', 'a:2', { octets: 3 })
    view.put('FLOW', 'a:3', { vanAddress: 'backend', octets: 4 })
    view.put('FLOW', 'a:4', { vanAddress: 'other', octets: 5 })
    await nextTick()
    expect(links.objects).toMatchObject([
      { id: 'a:1', octets: 2 },
      { id: 'a:2', octets: 3 },
    ])
    expect(backend.objects).toMatchObject([{ id: 'a:3', octets: 4 }])
    hub.stop()
    expect([links.isEnded, backend.isEnded]).toEqual([true, true])
  })

  it('keeps what changes while the initial list is written, and sends it after the list', async () => {
    const { view, hub } = setUp()
    const peer = new Peer()
    const watcher = hub.add(peer, [typeTopic('LINK')])
    expect(await watcher.writeList('[')).toBe(true)
    view.put('LINK', 'a:1', { octets: 1 })
    await nextTick()
    expect(await watcher.writeList(']')).toBe(true)
    watcher.open()
    expect(peer.chunks.slice(0, 2)).toEqual(['[', ']'])
    expect(peer.chunks).toHaveLength(3)
    hub.stop()
  })

  it('listens to the view only while somebody watches', () => {
    const { view, hub } = setUp()
    expect(view.subscribers).toBe(0)
    const watcher = hub.add(new Peer(), [typeTopic('LINK')])
    expect(view.subscribers).toBe(1)
    hub.remove(watcher)
    expect([view.subscribers, hub.watchers]).toEqual([0, 0])
  })

  it('keeps only the latest state per record for a watcher that does not read, and sends it when it reads again', async () => {
    const { view, hub } = setUp()
    const peer = new Peer()
    const watcher = hub.add(peer, [typeTopic('LINK')])
    watcher.open()
    peer.isReading = false
    view.put('LINK', 'first', { octets: 0 })
    await nextTick()
    for (let octets = 1; octets <= 50; octets += 1) {
      view.put('LINK', 'a:1', { octets })
      if (octets % 10 === 0) await nextTick()
    }
    expect(peer.objects).toHaveLength(1)
    expect(watcher.memoryBytes).toBeLessThan(1000)
    peer.isReading = true
    peer.read()
    await nextTick()
    expect(peer.objects.slice(1)).toMatchObject([{ id: 'a:1', octets: 50 }])
    expect(watcher.memoryBytes).toBe(0)
    hub.stop()
  })

  it('cuts a watcher that would hold more than its limit, counts why, and harms no other', async () => {
    const maxBytes = 20_000
    const { view, hub } = setUp({ ...options, maxBytes })
    const stalled = new Peer()
    const healthy = new Peer()
    stalled.isReading = false
    const watcher = hub.add(stalled, [typeTopic('LINK')])
    watcher.open()
    hub.add(healthy, [typeTopic('LINK')]).open()
    let most = 0
    for (let index = 0; index < 200; index += 1) {
      view.put('LINK', `a:${index}`, { name: 'x'.repeat(200) })
      if (index % 20 === 19) await nextTick()
      most = Math.max(most, watcher.memoryBytes)
    }
    expect(stalled.isDestroyed).toBe(true)
    expect(most).toBeLessThanOrEqual(maxBytes)
    expect(hub.cuts).toEqual({ 'too-slow': 1, 'no-progress': 0, withdrawn: 0 })
    expect(hub.watchers).toBe(1)
    expect(healthy.objects).toHaveLength(200)
    hub.stop()
  })

  it('cuts a watcher that takes nothing for too long', async () => {
    const { view, hub } = setUp({ ...options, stallMs: 10 })
    const dead = new Peer()
    dead.isReading = false
    hub.add(dead, [typeTopic('LINK')]).open()
    view.put('LINK', 'a:1')
    await expect.poll(() => dead.isDestroyed).toBe(true)
    expect(hub.cuts).toEqual({ 'too-slow': 0, 'no-progress': 1, withdrawn: 0 })
  })

  it('tells of the end of a thing whose identity another has taken over at once', async () => {
    const { view, hub } = setUp()
    const peer = new Peer()
    hub.add(peer, [typeTopic('LINK'), typeTopic('LISTENER')]).open()
    view.put('LINK', 'a:5', { endTime: 5 })
    view.records.delete('a:5')
    view.put('LISTENER', 'a:5', { octets: 1 })
    view.put('LISTENER', 'a:5', { octets: 2 })
    await nextTick()
    expect(peer.objects).toHaveLength(2)
    expect(peer.objects).toContainEqual(expect.objectContaining({ recordType: 'LINK', endTime: 5 }))
    expect(peer.objects).toContainEqual(expect.objectContaining({ recordType: 'LISTENER', octets: 2 }))
    hub.stop()
  })

  it('says nothing of what the view forgets', async () => {
    const { view, hub } = setUp()
    const peer = new Peer()
    hub.add(peer, [typeTopic('LINK')]).open()
    view.put('LINK', 'a:1', { endTime: 5 })
    await nextTick()
    const record = view.records.get('a:1')!
    view.tell({ kind: 'evicted', record })
    await nextTick()
    expect(peer.objects).toMatchObject([{ id: 'a:1', endTime: 5 }])
    hub.stop()
  })
})
