import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endEvent, startEvent, tuple } from '../../../test/support/flowd/flows.ts'
import { sampleOf } from '../../../test/support/flowd/samples.ts'
import { toldTable } from '../../../test/support/flowd/told-table.ts'
import { decodeFlowLabel, flowKey } from '../../scitags/index.ts'
import type { FlowChange } from '../flow.ts'
import { FlowTable } from './index.ts'

const moved = (bytes: number) => ({ sentBytes: bytes, receivedBytes: bytes })

describe('FlowTable', () => {
  it('starts once, and remembers label and start time to the end', () => {
    const { table, changes } = toldTable()
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
    const { table, changes } = toldTable()
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
      const { table, changes } = toldTable()
      table.apply(startEvent(7))
      return changes[0]?.flow.label
    })
    expect(labels[0]).toBe(labels[1])
  })

  it('gives a label the entropy of another key where an event asks for it', () => {
    const { table, changes } = toldTable()
    table.apply(startEvent(1))
    for (const port of [2, 3]) table.apply(startEvent(port, { entropyKey: changes[0]?.flow.key ?? '' }))
    expect(new Set(changes.map(({ flow }) => flow.label)).size).toBe(1)
  })

  it('tells flows apart by every part of the 5-tuple', () => {
    const { table } = toldTable()
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
    const { table, take } = toldTable()
    table.apply(startEvent(1))
    expect(table.apply(startEvent(1, { activity: 15 }))).toBe('replaced')
    expect(take()).toEqual(['start', 'replaced', 'start'])
    expect(table.size).toBe(1)
  })

  it('has one end, however often and late it is told', () => {
    const { table, changes, take } = toldTable()
    const socketDies = (port: number) => {
      const live = table.live(flowKey(tuple(port)))
      if (live !== undefined) table.end(live, 'socket')
    }
    table.apply(startEvent(1, { startTimeUs: 10 }))
    socketDies(1)
    expect(table.apply(endEvent(1, { startTimeUs: 10, endTimeUs: 20 }))).toBe('late')
    expect(table.apply(endEvent(1))).toBe('late')
    expect(table.apply(startEvent(1, { state: 'ongoing', startTimeUs: 10 }))).toBe('late')
    expect(take()).toEqual(['start', 'socket'])
    table.apply(startEvent(2, { startTimeUs: 10 }))
    table.apply(endEvent(2, { endTimeUs: 20 }))
    expect(table.apply(endEvent(2, { startTimeUs: 10, endTimeUs: 20 }))).toBe('late')
    expect(table.apply(endEvent(2))).toBe('unknown-end')
    // Another flow between the same ends, of which only the end is told; and the first, which goes on after a restart.
    expect(table.apply(endEvent(2, { startTimeUs: 20, endTimeUs: 30 }))).toBe('past')
    expect(table.apply(endEvent(2, { startTimeUs: 20, endTimeUs: 30 }))).toBe('late')
    expect(table.apply(startEvent(2, { startTimeUs: 10 }))).toBe('started')
    expect(changes.map(({ kind }) => kind)).toEqual(['start', 'end', 'end', 'start'])
  })

  it('goes on when it was silent, and is heard of again', () => {
    const { table } = toldTable()
    table.apply(startEvent(1, { startTimeUs: 10 }))
    const live = table.live(flowKey(tuple(1)))
    if (live !== undefined) table.end(live, 'silence')
    expect(table.apply(startEvent(1, { state: 'ongoing', startTimeUs: 10 }))).toBe('started')
  })

  it('is ended by another host only where nobody here told of the flow', () => {
    const toldBy = { address: '2001:db8::2', atEnd: true }
    const { table, changes } = toldTable()
    table.apply(startEvent(1))
    expect(table.apply(endEvent(1, { toldBy }))).toBe('foreign-end')
    expect(table.apply(endEvent(1))).toBe('ended')
    table.apply(startEvent(2, { toldBy }))
    expect(table.apply(endEvent(2, { toldBy }))).toBe('ended')
    table.apply(startEvent(3, { toldBy }))
    table.apply(startEvent(3))
    expect(table.apply(endEvent(3, { toldBy }))).toBe('foreign-end')
    expect(changes.map(({ kind, flow }) => `${kind} ${flow.toldBy?.address}`)).toEqual([
      'start undefined',
      'end undefined',
      'start 2001:db8::2',
      'end 2001:db8::2',
      'start undefined',
    ])
  })

  it('says who had a flow replaced, so that they are not told of it', () => {
    const toldBy = { address: '2001:db8::2', atEnd: true }
    const { table, changes } = toldTable()
    table.apply(startEvent(1))
    table.apply(startEvent(1, { activity: 15, toldBy }))
    expect(changes[1]).toMatchObject({ kind: 'end', reason: 'replaced', toldBy })
  })

  it('announces an end without start only if it says when the flow began', () => {
    const { table, changes, take } = toldTable()
    expect(table.apply(endEvent(1))).toBe('unknown-end')
    expect(changes).toEqual([])
    expect(table.apply(endEvent(1, { startTimeUs: 1, endTimeUs: 2 }))).toBe('past')
    expect(changes[0]?.flow).toMatchObject({ startTimeUs: 1, endTimeUs: 2 })
    expect(take()).toEqual(['event'])
  })

  it('takes what an event knows: times, usage, application', () => {
    const { table, changes } = toldTable()
    table.apply(startEvent(1, { startTimeUs: 10, application: 'xrootd' }))
    const usage = { receivedBytes: 1, sentBytes: 2 }
    expect(table.apply(startEvent(1, { state: 'ongoing', usage }))).toBe('ongoing')
    table.apply(endEvent(1, { endTimeUs: 20 }))
    expect(changes.map(({ kind }) => kind)).toEqual(['start', 'ongoing', 'end'])
    expect(changes[2]?.flow).toMatchObject({ startTimeUs: 10, endTimeUs: 20, application: 'xrootd', usage })
  })

  it('reads what the socket has moved at an end that does not say it', () => {
    const { table, changes } = toldTable(100, undefined, () => ({ cookie: 'a', usage: moved(50) }))
    table.apply(startEvent(1))
    table.apply(endEvent(1))
    table.apply(startEvent(2))
    table.apply(endEvent(2, { usage: moved(49) }))
    table.apply(startEvent(3))
    for (const flow of table.flows()) table.end(flow, 'shutdown')
    const ends = changes.filter(({ kind }) => kind === 'end')
    expect(ends.map(({ flow }) => flow.usage?.sentBytes)).toEqual([50, 49, 50])
    expect(ends.map(({ flow }) => flow.socketUsage?.sentBytes)).toEqual([50, 50, 50])
  })

  it('reads no more sockets at ends than it has time for, and counts the others', () => {
    let reads = 0
    const { table, changes } = toldTable(1000, undefined, () => {
      reads += 1
      return { cookie: `${reads}`, usage: moved(50) }
    })
    for (let port = 1; port <= 1000; port += 1) table.apply(startEvent(port))
    for (const flow of table.flows()) table.end(flow, 'shutdown')
    const known = changes.filter(({ kind, flow }) => kind === 'end' && flow.usage !== undefined)
    expect(known.length).toBe(reads)
    expect(table.unreadEnds).toBe(1000 - reads)
    expect(table.unreadEnds).toBeGreaterThan(0)
    expect(reads).toBeGreaterThanOrEqual(300)
  })

  it('counts for each of the flows of one socket what it moved, and does not take another socket for it', () => {
    let socket = { cookie: 'a', usage: moved(0) }
    const { table, changes } = toldTable(100, undefined, () => socket)
    const moves = (cookie: string, bytes: number) => (socket = { cookie, usage: moved(bytes) })
    table.apply(startEvent(1))
    moves('a', 1000)
    table.apply(endEvent(1))
    moves('a', 1010)
    table.apply(startEvent(1))
    moves('a', 1500)
    table.apply(startEvent(1, { activity: 15 }))
    const live = table.live(flowKey(tuple(1)))
    if (live !== undefined) table.sample(live, sampleOf({ bytesSent: 1700, bytesReceived: 1700 }))
    expect(live?.usage).toEqual(moved(200))
    moves('a', 1800)
    table.apply(endEvent(1))
    moves('b', 5000)
    table.apply(startEvent(1))
    table.apply(endEvent(1))
    table.apply(startEvent(2))
    const other = table.live(flowKey(tuple(2)))
    if (other !== undefined) table.sample(other, sampleOf({ bytesSent: 70, bytesReceived: 70 }))
    moves('c', 60)
    table.apply(endEvent(2))
    const ends = changes.filter(({ kind }) => kind === 'end')
    const each = [1000, 500, 300, 5000, 70].map(moved)
    expect(ends.map(({ flow }) => flow.usage)).toEqual(each)
  })

  it('knows all that a socket has received, also where its death tells one byte less', () => {
    const { table } = toldTable()
    table.apply(startEvent(1))
    const live = table.live(flowKey(tuple(1)))
    if (live === undefined) throw new Error('it lives')
    table.socketMoved(live, { sentBytes: 10, receivedBytes: 20 })
    table.socketMoved(live, { sentBytes: 10, receivedBytes: 19 })
    expect(live.usage).toEqual({ sentBytes: 10, receivedBytes: 20 })
    // Another socket.
    table.socketMoved(live, { sentBytes: 3, receivedBytes: 4 })
    expect(live.usage).toEqual({ sentBytes: 3, receivedBytes: 4 })
  })

  it('ends no flow before it began, whatever the clocks say', () => {
    const hourUs = 3_600_000_000
    let nowUs = 2 * hourUs
    const ends: (number | undefined)[] = []
    const onChange = ({ kind, flow }: FlowChange) => {
      if (kind === 'end') ends.push(flow.endTimeUs)
    }
    const table = new FlowTable({ maxFlows: 9, application: 'test', nowUs: () => nowUs, onChange })
    table.apply(startEvent(1))
    table.apply(startEvent(2))
    nowUs = hourUs
    table.apply(endEvent(1))
    table.apply(endEvent(2, { endTimeUs: hourUs }))
    table.apply(endEvent(3, { startTimeUs: 2 * hourUs, endTimeUs: hourUs }))
    expect(ends).toEqual([2 * hourUs, 2 * hourUs, 2 * hourUs])
  })

  it('starts a flow that is first heard of when it is under way', () => {
    const { table, take } = toldTable()
    expect(table.apply(startEvent(1, { state: 'ongoing', startTimeUs: 10 }))).toBe('started')
    expect(take()).toEqual(['start'])
  })

  it('gives no label to ids that do not fit one', () => {
    const { table, changes } = toldTable()
    table.apply(startEvent(1, { experiment: 600 }))
    expect(changes[0]?.flow).toMatchObject({ experiment: 600, label: undefined })
  })

  it('refuses a start beyond its size, but not the replacing of a flow', () => {
    const { table } = toldTable(1)
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
        const { table, changes } = toldTable(4)
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
