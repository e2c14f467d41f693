import { describe, expect, it } from 'vitest'
import {
  advance,
  discovered,
  type SourceAction,
  type SourceEvent,
  type SourcePhase,
  type SourceState,
} from './source.ts'
import { SOURCE_TIMERS } from './source-timers.ts'

/** One row: what happens (times in ms), the phase afterwards, and what is to be done. */
type Row = [event: Untimed & { atMs?: number }, phase: SourcePhase, actions?: string[]]
type Untimed = SourceEvent extends infer Event ? (Event extends unknown ? Omit<Event, 'nowUs'> : never) : never

const at = (atMs: number, event: Untimed): Untimed & { atMs: number } => ({ ...event, atMs })
const root = (startTimeUs = 100): Untimed => ({ kind: 'root', startTimeUs, isRouter: true }) as Untimed

function play(rows: readonly Row[], kind: Partial<Pick<SourceState, 'canFlush' | 'isNumbered'>> = {}): SourceState {
  let state = discovered({ canFlush: true, isNumbered: true, ...kind }, SOURCE_TIMERS)
  for (const [index, [{ atMs = 0, ...event }, phase, expected = []]] of rows.entries()) {
    const step = advance(state, { ...event, nowUs: atMs * 1000 } as SourceEvent, SOURCE_TIMERS)
    const label = `row ${index} (${event.kind} at ${atMs} ms)`
    expect([label, step.state.phase, step.actions.map(name)]).toEqual([label, phase, expected])
    state = step.state
  }
  return state
}

function name(action: SourceAction): string {
  return action.do === 'flush' ? `flush ${action.reason}` : action.do
}

const tick = (silentMs = 0): Untimed => ({ kind: 'tick', silentMs }) as Untimed
const LINKED: Untimed = { kind: 'linked' }
const HEARD = { kind: 'heard', isHeartbeat: false } as Untimed
const BEAT = { kind: 'heard', isHeartbeat: true } as Untimed
const FLUSHED: Untimed = { kind: 'flushed' }

/** The way of a router from its links to live, answered 300 ms after its links came up. */
const TO_LIVE: Row[] = [
  [at(0, LINKED), 'attached', ['flush first']],
  [at(0, FLUSHED), 'flushed', ['mark']],
  [at(300, root()), 'live'],
  [at(300, HEARD), 'live'],
]

describe('a source', () => {
  it('is asked when its links are up, live when it told, swept when its answer is complete', () => {
    play([...TO_LIVE, [at(5900, tick()), 'live'], [at(6000, tick()), 'live', ['sweep']], [at(7500, tick()), 'live']])
  })

  it('is asked again at the second heartbeat without an answer, then at the fourth, whenever they come', () => {
    play([
      [at(0, LINKED), 'attached', ['flush first']],
      [at(0, FLUSHED), 'flushed', ['mark']],
      [at(1000, BEAT), 'flushed'],
      [at(2000, HEARD), 'flushed'],
      [at(9000, tick()), 'flushed'],
      [at(9000, BEAT), 'flushed', ['flush unanswered']],
      [at(9000, FLUSHED), 'flushed'],
      ...[1, 2, 3].map((): Row => [at(9500, BEAT), 'flushed']),
      [at(9500, BEAT), 'flushed', ['flush unanswered']],
    ])
  })

  it('is swept by the mark of the first FLUSH when only a later one is answered, once all of the answer came', () => {
    play([
      [at(0, LINKED), 'attached', ['flush first']],
      [at(0, FLUSHED), 'flushed', ['mark']],
      [at(5000, tick()), 'flushed', ['flush unanswered']],
      [at(5000, FLUSHED), 'flushed'],
      [at(5500, root()), 'live'],
      [at(7000, tick()), 'live'],
      [at(7500, tick()), 'live', ['sweep']],
    ])
  })

  it('is asked again after 5 s when it never spoke, then after 10 s, and nothing unanswered is swept', () => {
    play([
      [at(0, LINKED), 'attached', ['flush first']],
      [at(0, FLUSHED), 'flushed', ['mark']],
      [at(4900, tick()), 'flushed'],
      [at(5000, tick()), 'flushed', ['flush unanswered']],
      [at(5000, FLUSHED), 'flushed'],
      [at(12_000, tick()), 'flushed'],
      [at(15_000, tick()), 'flushed', ['flush unanswered']],
    ])
  })

  it('keeps asking until the FLUSH could be sent', () => {
    play([
      [at(0, LINKED), 'attached', ['flush first']],
      [at(500, tick()), 'attached', ['flush first']],
      [at(1000, tick()), 'attached', ['flush first']],
      [at(1000, FLUSHED), 'flushed', ['mark']],
    ])
  })

  it('is live as soon as it speaks when it cannot be asked (routers 2.0.x)', () => {
    play(
      [
        [at(0, LINKED), 'attached'],
        [at(100, HEARD), 'live'],
        [at(200, { kind: 'repair', reason: 'incomplete' } as Untimed), 'live'],
        [at(900_000, tick()), 'live'],
      ],
      { canFlush: false },
    )
  })

  it('is stale after 10 s of silence, returns when it speaks, and is asked what it said meanwhile', () => {
    play([
      ...TO_LIVE,
      [at(6000, tick()), 'live', ['sweep']],
      [at(10_300, tick(9999)), 'live'],
      [at(10_301, tick(10_000)), 'stale'],
      [at(12_000, HEARD), 'live', ['flush gap']],
    ])
  })

  it('is gone after 30 s of silence, and nothing more is done about it', () => {
    play([
      ...TO_LIVE,
      [at(10_300, tick(10_000)), 'stale'],
      [at(30_299, tick(29_999)), 'stale'],
      [at(30_300, tick(30_000)), 'gone', ['close']],
      [at(31_000, HEARD), 'gone'],
      [at(32_000, LINKED), 'gone'],
      [at(33_000, tick(40_000)), 'gone'],
    ])
  })

  it('begins a new epoch when its message ids begin anew, whatever the rate limit says', () => {
    const state = play([
      ...TO_LIVE,
      [at(1000, { kind: 'restarted' }), 'attached', ['reopen', 'flush first']],
      [at(1000, FLUSHED), 'flushed', ['mark']],
      [at(1500, root(200)), 'live'],
    ])
    expect(state.startTimeUs).toBe(200)
  })

  it('is asked at growing intervals when restarts follow each other, and at once again after a time without', () => {
    play([
      ...TO_LIVE,
      [at(1000, root(101)), 'attached', ['reopen', 'flush first']],
      [at(1000, FLUSHED), 'flushed', ['mark']],
      [at(1200, root(102)), 'attached', ['reopen']],
      [at(1300, root(103)), 'attached', ['reopen']],
      [at(1750, tick()), 'attached'],
      [at(2000, tick()), 'attached', ['flush first']],
      [at(2000, FLUSHED), 'flushed', ['mark']],
      [at(2200, root(104)), 'attached', ['reopen']],
      [at(3750, tick()), 'attached'],
      [at(4000, tick()), 'attached', ['flush first']],
      [at(4000, FLUSHED), 'flushed', ['mark']],
      [at(4300, root(104)), 'live'],
      [at(10_000, tick()), 'live', ['sweep']],
      [at(30_000, root(105)), 'attached', ['reopen', 'flush first']],
      [at(30_000, FLUSHED), 'flushed', ['mark']],
      [at(30_300, root(105)), 'live'],
      [at(31_000, root(106)), 'attached', ['reopen', 'flush first']],
    ])
  })

  it('begins a new epoch when the startTime of its ROUTER record changes', () => {
    play([...TO_LIVE, [at(1000, root(100)), 'live'], [at(2000, root(101)), 'attached', ['reopen', 'flush first']]])
  })

  it('does not begin a new epoch when a SITE record changes its startTime', () => {
    play([...TO_LIVE, [at(1000, { kind: 'root', startTimeUs: 7, isRouter: false } as Untimed), 'live']])
  })

  it('is asked again after a reconnect, whatever the rate limit says, and the broken answer is not swept', () => {
    play([
      ...TO_LIVE,
      [at(500, { kind: 'unlinked' }), 'live'],
      [at(7500, tick()), 'live'],
      [at(8000, LINKED), 'attached', ['flush first']],
      [at(8000, FLUSHED), 'flushed', ['mark']],
      [at(8500, root()), 'live'],
      [at(14_000, tick()), 'live', ['sweep']],
    ])
  })

  it('mends an incomplete record not sooner than 10 s after the last FLUSH, and then at doubled intervals', () => {
    const incomplete = { kind: 'repair', reason: 'incomplete' } as Untimed
    play([
      ...TO_LIVE,
      [at(6000, tick()), 'live', ['sweep']],
      [at(8000, incomplete), 'live'],
      [at(9500, tick()), 'live'],
      [at(10_000, tick()), 'live', ['flush incomplete']],
      [at(10_000, FLUSHED), 'live', ['mark']],
      [at(10_100, incomplete), 'live'],
      [at(10_300, root()), 'live'],
      [at(17_000, tick()), 'live', ['sweep']],
      [at(21_000, incomplete), 'live'],
      [at(29_900, tick()), 'live'],
      [at(30_000, tick()), 'live', ['flush incomplete']],
    ])
  })

  it('mends at the first interval again after a time without faults', () => {
    const gap = { kind: 'repair', reason: 'gap' } as Untimed
    const state = play([
      ...TO_LIVE,
      [at(6000, tick()), 'live', ['sweep']],
      [at(11_000, gap), 'live', ['flush gap']],
      [at(11_000, FLUSHED), 'live', ['mark']],
      [at(11_300, root()), 'live'],
      [at(18_000, tick()), 'live', ['sweep']],
      [at(51_001, tick()), 'live'],
    ])
    expect(state.repairIntervalMs).toBe(SOURCE_TIMERS.flushIntervalMs)
  })

  it.each(['gap', 'overflow'])('does not sweep by an answer that a %s has damaged', reason => {
    play([
      ...TO_LIVE,
      [at(400, { kind: 'repair', reason } as Untimed), 'live'],
      [at(6000, tick()), 'live'],
      [at(10_000, tick()), 'live', [`flush ${reason}`]],
    ])
  })

  it('is asked every ten minutes without cause, every minute when it numbers nothing', () => {
    const swept: Row[] = [...TO_LIVE, [at(6000, tick()), 'live', ['sweep']]]
    play([...swept, [at(599_900, tick()), 'live'], [at(600_000, tick()), 'live', ['flush periodic']]])
    play([...swept, [at(60_000, tick()), 'live', ['flush periodic']]], { isNumbered: false })
  })
})
