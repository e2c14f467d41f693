import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endEvent, startEvent, tuple } from '../../../test/support/flowd/flows.ts'
import { decodeFlowLabel, everyFlow } from '../../scitags/index.ts'
import type { FlowChange } from '../flow.ts'
import { FlowTable, FlowWatch, type SocketVerdict } from './index.ts'

function tableOf(maxFlows = 100) {
  const changes: FlowChange[] = []
  let clock = 1_000_000
  const nowUs = () => (clock += 1000)
  const table = new FlowTable({ maxFlows, application: 'tidemark-1', onChange: change => changes.push(change), nowUs })
  const take = () => changes.splice(0).map(change => (change.kind === 'end' ? change.reason : change.kind))
  return { table, changes, take }
}

describe('FlowTable', () => {
  it('starts once, and remembers label and start time to the end', () => {
    const { table, changes } = tableOf()
    expect(table.apply(startEvent(1))).toBe('started')
    expect(table.apply(startEvent(1, { startTimeUs: 5 }))).toBe('repeated')
    expect(table.apply(endEvent(1))).toBe('ended')
    expect(changes.map(({ kind }) => kind)).toEqual(['start', 'end'])
    const [start, end] = changes
    expect(end?.flow).toMatchObject({ startTimeUs: 1_001_000, endTimeUs: 1_002_000, application: 'tidemark-1' })
    expect(end?.flow.label).toBe(start?.flow.label)
    expect(decodeFlowLabel(start?.flow.label ?? 0)).toMatchObject({ experiment: 3, activity: 14 })
    expect(table.size).toBe(0)
  })

  it('hands on what else an event told of a flow, and keeps none of it', () => {
    const { table, changes } = tableOf()
    const blocks = { netlink: { rtt: 1 } }
    table.apply(startEvent(1, { blocks }))
    table.apply(endEvent(1, { blocks }))
    table.apply(endEvent(2, { blocks, startTimeUs: 1 }))
    table.apply(startEvent(3))
    expect(changes.map(change => 'blocks' in change && change.blocks)).toEqual([blocks, blocks, blocks, false])
    expect(changes.every(({ flow }) => !('blocks' in flow))).toBe(true)
  })

  it('gives the same 5-tuple the same label again', () => {
    const labels = [1, 2].map(() => {
      const { table, changes } = tableOf()
      table.apply(startEvent(7))
      return changes[0]?.flow.label
    })
    expect(labels[0]).toBe(labels[1])
  })

  it('tells flows apart by every part of the 5-tuple', () => {
    const { table } = tableOf()
    const flow = tuple(1)
    table.apply(startEvent(1))
    table.apply(startEvent(1, { flow: { ...flow, protocol: 'udp' } }))
    table.apply(startEvent(1, { flow: tuple(1, '2001:db8::3') }))
    table.apply(startEvent(1, { flow: tuple(1, '2001:db8::1', '2001:db8::3') }))
    table.apply(startEvent(1, { flow: { ...flow, destination: { ...flow.destination, port: 1 } } }))
    table.apply(startEvent(2))
    expect(table.size).toBe(6)
  })

  it('ends the old flow when other ids start, and starts anew', () => {
    const { table, take } = tableOf()
    table.apply(startEvent(1))
    expect(table.apply(startEvent(1, { activity: 15 }))).toBe('replaced')
    expect(take()).toEqual(['start', 'replaced', 'start'])
    expect(table.size).toBe(1)
  })

  it('announces an end without start only if it says when the flow began', () => {
    const { table, changes, take } = tableOf()
    expect(table.apply(endEvent(1))).toBe('unknown-end')
    expect(changes).toEqual([])
    expect(table.apply(endEvent(1, { startTimeUs: 1, endTimeUs: 2 }))).toBe('past')
    expect(changes[0]?.flow).toMatchObject({ startTimeUs: 1, endTimeUs: 2 })
    expect(take()).toEqual(['event'])
  })

  it('takes what an event knows: times, usage, application', () => {
    const { table, changes } = tableOf()
    table.apply(startEvent(1, { startTimeUs: 10, application: 'xrootd' }))
    const usage = { receivedBytes: 1, sentBytes: 2 }
    expect(table.apply(startEvent(1, { state: 'ongoing', usage }))).toBe('ongoing')
    table.apply(endEvent(1, { endTimeUs: 20 }))
    expect(changes.map(({ kind }) => kind)).toEqual(['start', 'ongoing', 'end'])
    expect(changes[2]?.flow).toMatchObject({ startTimeUs: 10, endTimeUs: 20, application: 'xrootd', usage })
  })

  it('starts a flow that is first heard of when it is under way', () => {
    const { table, take } = tableOf()
    expect(table.apply(startEvent(1, { state: 'ongoing', startTimeUs: 10 }))).toBe('started')
    expect(take()).toEqual(['start'])
  })

  it('gives no label to ids that do not fit one', () => {
    const { table, changes } = tableOf()
    table.apply(startEvent(1, { experiment: 600 }))
    expect(changes[0]?.flow).toMatchObject({ experiment: 600, label: undefined })
  })

  it('refuses a start beyond its size, but not the replacing of a flow', () => {
    const { table } = tableOf(1)
    table.apply(startEvent(1))
    expect(table.apply(startEvent(2))).toBe('table-full')
    expect(table.apply(startEvent(1, { activity: 1 }))).toBe('replaced')
    expect(table.size).toBe(1)
  })

  it('tells each flow’s life in order: one start, one end, none left over', () => {
    const event = fc.record(
      {
        state: fc.constantFrom('start' as const, 'end' as const, 'ongoing' as const),
        activity: fc.nat(2),
        startTimeUs: fc.nat(),
      },
      { requiredKeys: ['state', 'activity'] },
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), event), { maxLength: 60 }), events => {
        const { table, changes } = tableOf(4)
        for (const [port, change] of events) table.apply(startEvent(port, change))
        for (const flow of table.flows()) table.end(flow, 'shutdown')
        const live = new Set<object>()
        for (const change of changes) {
          if (change.kind === 'start') live.add(change.flow)
          else if (change.kind === 'ongoing') expect(live.has(change.flow)).toBe(true)
          else if (!live.delete(change.flow)) expect(change.kind === 'end' && change.reason).toBe('event')
        }
        expect(live.size).toBe(0)
        expect(table.size).toBe(0)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('FlowWatch', () => {
  function watched(silenceLimitMs: number, sliceLength = 100) {
    const { table, take } = tableOf()
    const verdicts = new Map<number, SocketVerdict>()
    let probes = 0
    const probe = ({ source }: { source: { port: number } }) => {
      probes += 1
      return verdicts.get(source.port) ?? 'gone'
    }
    const watch = new FlowWatch({ table, probe, silenceLimitMs, sliceLength })
    return { table, take, verdicts, watch, probes: () => probes }
  }

  it('ends a flow whose socket was seen and is gone, not one whose socket never was', () => {
    const { table, take, verdicts, watch } = watched(1e9)
    table.apply(startEvent(1))
    table.apply(startEvent(2))
    verdicts.set(1, 'alive')
    watch.look()
    expect(take()).toEqual(['start', 'start'])
    verdicts.set(1, 'unknown')
    watch.look()
    expect(take()).toEqual([])
    verdicts.set(1, 'gone')
    watch.look()
    expect(take()).toEqual(['socket'])
    expect([...table.flows()].map(({ tuple: { source } }) => source.port)).toEqual([2])
  })

  it('ends a flow of which nothing was heard, but never one whose socket lives', () => {
    const { table, take, verdicts, watch } = watched(0)
    table.apply(startEvent(1))
    table.apply(startEvent(2))
    table.apply(startEvent(3))
    verdicts.set(2, 'alive')
    verdicts.set(3, 'unknown')
    watch.look()
    expect(take()).toEqual(['start', 'start', 'start', 'silence', 'silence'])
    expect([...table.flows()].map(({ tuple: { source } }) => source.port)).toEqual([2])
  })

  it('never ends a flow that stands for every packet', () => {
    const { table, take, watch, probes } = watched(0)
    table.apply(startEvent(1, { flow: everyFlow('tcp') }))
    watch.look()
    expect(take()).toEqual(['start'])
    expect(probes()).toBe(0)
  })

  it('goes round a large table in slices', () => {
    const { table, watch, probes } = watched(1e9, 10)
    for (let port = 1; port <= 25; port += 1) table.apply(startEvent(port))
    for (const expected of [10, 20, 25, 35]) {
      watch.look()
      expect(probes()).toBe(expected)
    }
  })

  it('looks by itself between start and stop', async () => {
    const { table, take } = tableOf()
    table.apply(startEvent(1))
    const watch = new FlowWatch({ table, probe: () => 'unknown', silenceLimitMs: 0, periodMs: 1 })
    await watch.start()
    await expect.poll(take).toContain('silence')
    await watch.stop()
    await watch.stop()
  })
})
