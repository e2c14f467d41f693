import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FiveTuple, flowKey } from '../../../scitags/index.ts'
import { type MarkOutcome, type MarkStore, Marks } from './marks.ts'
import { type Markable, markOf, STRATEGIES } from './strategy.ts'

/** The kernel's map: refuses a new key when it is full, replaces the value of one that it has. */
class Store implements MarkStore {
  readonly entries = new Map<string, string>()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  set(key: Buffer, value: Buffer): boolean {
    const name = key.toString('hex')
    if (!this.entries.has(name) && this.entries.size === this.#capacity) return false
    this.entries.set(name, value.toString('hex'))
    return true
  }

  delete(key: Buffer): boolean {
    return this.entries.delete(key.toString('hex'))
  }
}

function flow(port: number, protocol: FiveTuple['protocol'] = 'tcp', label = port): Markable {
  const tuple: FiveTuple = {
    protocol,
    family: 'ipv6',
    source: { address: '2001:db8::1', port },
    destination: { address: '2001:db8::2', port: 5777 },
  }
  return { key: flowKey(tuple), tuple, label, experiment: 3, activity: 14 }
}

const MAPPED: FiveTuple = {
  protocol: 'tcp',
  family: 'ipv6',
  source: { address: '::ffff:192.0.2.1', port: 1 },
  destination: { address: '::ffff:192.0.2.2', port: 2 },
}

describe('markOf', () => {
  // V11, V20 and V21 of the reference: the label, then the bytes of extension headers.
  it.each([
    [3, 14, 0x30038, 0x03_0e],
    [256, 1, 0x00204, 0x100_01],
    [511, 63, 0x3fefc, 0x1ff_3f],
  ])('experiment %i, activity %i', (experiment, activity, label, tag) => {
    expect(STRATEGIES.map(strategy => markOf(strategy, { label, experiment, activity }))).toEqual([
      label,
      tag,
      tag,
      tag,
    ])
  })

  it('is nothing for ids beyond the label, whatever the strategy', () => {
    for (const strategy of STRATEGIES) {
      expect(markOf(strategy, { label: undefined, experiment: 512, activity: 1 })).toBeUndefined()
    }
  })
})

describe('Marks', () => {
  it('keeps the TCP and the UDP flow between the same ends in one entry', () => {
    const store = new Store(1)
    const marks = new Marks(store)
    expect(marks.add(flow(1, 'tcp', 5))).toBe('marked')
    expect(marks.add(flow(1, 'udp', 6))).toBe('marked')
    expect([...store.entries.values()]).toEqual(['0500008006000080'])
    marks.remove(flow(1, 'tcp').key)
    expect([...store.entries.values()]).toEqual(['0000000006000080'])
    marks.remove(flow(1, 'udp').key)
    expect(store.entries.size).toBe(0)
  })

  it.each<[string, Markable, MarkOutcome]>([
    ['IPv4', { ...flow(1), tuple: { ...flow(1).tuple, family: 'ipv4' } }, 'ipv4'],
    ['IPv4-mapped', { ...flow(1), tuple: MAPPED }, 'ipv4'],
    ['ids beyond the label', { ...flow(1), label: undefined }, 'unmarkable'],
    [
      'a destination of another family',
      { ...flow(1), tuple: { ...flow(1).tuple, destination: { address: '192.0.2.1', port: 1 } } },
      'unmarkable',
    ],
  ])('leaves alone what cannot be marked: %s', (_name, unmarkable, outcome) => {
    const store = new Store(1)
    expect(new Marks(store).add(unmarkable)).toBe(outcome)
    expect(store.entries.size).toBe(0)
  })

  it('is the set of live flows as far as there is room, in the order of their coming', () => {
    const step = fc.record({
      port: fc.integer({ min: 1, max: 12 }),
      protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      starts: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 60 }), (capacity, steps) => {
        const store = new Store(capacity)
        const marks = new Marks(store)
        const live = new Map<string, Markable>()
        for (const { port, protocol, starts } of steps) {
          const one = flow(port, protocol)
          const before = [...live.keys()].filter(key => marks.value(key) !== undefined)
          if (starts) {
            const outcome = marks.add(one)
            const refused = live.has(one.key) ? 'waiting' : 'full'
            expect(outcome).toBe(marks.value(one.key) === undefined ? refused : 'marked')
            live.set(one.key, one)
          } else {
            marks.remove(one.key)
            live.delete(one.key)
          }
          // No live mark is ever lost.
          for (const key of before) if (live.has(key)) expect(marks.value(key)).toBe(live.get(key)?.label)
          expect(marks.size + marks.waiting).toBe(live.size)
        }
        const marked = [...live.values()].filter(({ key }) => marks.value(key) !== undefined)
        const entries = new Map<number, { tcp?: number | undefined; udp?: number | undefined }>()
        for (const { tuple, label } of marked) {
          const { port } = tuple.source
          entries.set(port, { ...entries.get(port), [tuple.protocol]: label })
        }
        const hex = (label: number | undefined) => (label === undefined ? '00000000' : `0${label.toString(16)}000080`)
        expect([...store.entries.values()].toSorted()).toEqual(
          [...entries.values()].map(({ tcp, udp }) => `${hex(tcp)}${hex(udp)}`).toSorted(),
        )
        // Whoever waits, waits because there is no room.
        if (marks.waiting > 0) expect(store.entries.size).toBe(capacity)
      }),
      { numRuns: 2000 },
    )
  })
})
