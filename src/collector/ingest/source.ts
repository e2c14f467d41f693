import type { SourceTimers } from './source-timers.ts'

/**
 * new: named by a BEACON. attached: its links are up. flushed: asked to tell all. live: it told.
 * stale: silent for five heartbeats. gone: silent for so long that its records ended.
 */
export type SourcePhase = 'new' | 'attached' | 'flushed' | 'live' | 'stale' | 'gone'
export const SOURCE_PHASES: readonly SourcePhase[] = ['new', 'attached', 'flushed', 'live', 'stale', 'gone']

/** Why a source is asked to tell all it knows. */
export type FlushReason =
  /** Its links came up, or a restart began a new epoch: never held back. */
  | 'first'
  /** The last FLUSH was not answered. */
  | 'unanswered'
  /** A delta came without the record that it changes. */
  | 'incomplete'
  /** Message ids are missing. */
  | 'gap'
  /** We dropped messages of it ourselves. */
  | 'overflow'
  | 'periodic'

/** One incarnation of an event source, as plain data: what the rules below need, and nothing else. */
export interface SourceState {
  readonly phase: SourcePhase
  /** The phase that a stale source returns to when it speaks again. */
  readonly phaseBeforeSilence: SourcePhase
  /** Whether its links are up. */
  readonly attached: boolean
  /** Whether it has spoken since its links came up. */
  readonly heard: boolean
  /** Whether its BEACON said where to send a FLUSH (routers 2.0.x do not). */
  readonly canFlush: boolean
  /** Whether it numbers its messages, so that loss shows. */
  readonly isNumbered: boolean
  /** The startTime of its ROUTER record in this epoch. */
  readonly startTimeUs: number | undefined
  /** A FLUSH that should be sent, and not before when. */
  readonly wanted: FlushReason | undefined
  readonly notBeforeUs: number
  /** When the last FLUSH of this epoch was sent, how many in a row went unanswered, and what becomes of the last. */
  readonly flushedAtUs: number | undefined
  readonly attempts: number
  readonly answered: boolean
  /** When to sweep what the last FLUSH did not bring back; undefined when its answer cannot be trusted. */
  readonly sweepAtUs: number | undefined
  /** How far apart repairs are kept now. */
  readonly repairIntervalMs: number
}

/** What can happen to a source; times are the collector's, in microseconds. */
export type SourceEvent =
  | { kind: 'linked'; nowUs: number }
  | { kind: 'unlinked' }
  | { kind: 'heard'; nowUs: number }
  /** Its root record (ROUTER, SITE) came with its startTime. */
  | { kind: 'root'; startTimeUs: number; isRouter: boolean; nowUs: number }
  /** Its message ids began anew. */
  | { kind: 'restarted'; nowUs: number }
  | { kind: 'repair'; reason: 'incomplete' | 'gap' | 'overflow'; nowUs: number }
  /** The FLUSH that was asked for is on its way. */
  | { kind: 'flushed'; nowUs: number }
  | { kind: 'tick'; nowUs: number; silentMs: number }

/** What is to be done, in this order. */
export type SourceAction =
  | { do: 'flush'; reason: FlushReason }
  | { do: 'mark' }
  | { do: 'sweep' }
  /** End the old incarnation's records and begin a new one under the same id. */
  | { do: 'reopen' }
  /** End its records and forget its links. */
  | { do: 'close' }

export interface SourceStep {
  state: SourceState
  actions: readonly SourceAction[]
}

const NOTHING: readonly SourceAction[] = []
const LONGEST_RETRY_MS = 60_000

/** A source that a BEACON just named. */
export function discovered(
  { canFlush, isNumbered }: Pick<SourceState, 'canFlush' | 'isNumbered'>,
  timers: SourceTimers,
): SourceState {
  return {
    phase: 'new',
    phaseBeforeSilence: 'new',
    attached: false,
    heard: false,
    canFlush,
    isNumbered,
    startTimeUs: undefined,
    wanted: undefined,
    notBeforeUs: 0,
    flushedAtUs: undefined,
    attempts: 0,
    answered: false,
    sweepAtUs: undefined,
    repairIntervalMs: timers.flushIntervalMs,
  }
}

/** The rules of a source's life, without effects: what it is after an event, and what is to be done about it. */
export function advance(state: SourceState, event: SourceEvent, timers: SourceTimers): SourceStep {
  if (state.phase === 'gone') return { state, actions: NOTHING }
  switch (event.kind) {
    case 'linked':
      return ask({ ...state, ...awake(state, 'attached'), attached: true, heard: false })
    case 'unlinked':
      return keep({ ...state, attached: false, heard: false, wanted: undefined, sweepAtUs: undefined })
    case 'heard':
      return onHeard(state, event.nowUs, timers)
    case 'root':
      return onRoot(state, event, timers)
    case 'restarted':
      return restart(state, timers)
    case 'repair':
      return onRepair(state, event.reason, event.nowUs)
    case 'flushed':
      return onFlushed(state, event.nowUs, timers)
    case 'tick':
      return onTick(state, event.nowUs, event.silentMs, timers)
  }
}

function keep(state: SourceState): SourceStep {
  return { state, actions: NOTHING }
}

/** Asks at once, as the first FLUSH of a connection or an epoch may. */
function ask(state: SourceState): SourceStep {
  if (!state.canFlush) return keep(state)
  const asking = {
    ...state,
    wanted: 'first' as const,
    notBeforeUs: 0,
    attempts: 0,
    answered: false,
    sweepAtUs: undefined,
  }
  return { state: asking, actions: [{ do: 'flush', reason: 'first' }] }
}

function restart(state: SourceState, timers: SourceTimers): SourceStep {
  const fresh = { ...discovered(state, timers), attached: state.attached, heard: true }
  const phase: SourcePhase = state.attached ? 'attached' : 'new'
  const { state: asking, actions } = ask({ ...fresh, phase, phaseBeforeSilence: phase })
  return { state: asking, actions: [{ do: 'reopen' }, ...actions] }
}

function onHeard(state: SourceState, nowUs: number, timers: SourceTimers): SourceStep {
  const phase = state.canFlush ? state.phase : 'live'
  const next =
    state.heard && state.phase === phase ? state : { ...state, phase, phaseBeforeSilence: phase, heard: true }
  if (state.phase !== 'stale') return retry(next, nowUs, timers)
  // What changed while nothing came from there was lost.
  return onRepair({ ...next, phase: state.phaseBeforeSilence }, 'gap', nowUs)
}

function onRoot(
  state: SourceState,
  event: { startTimeUs: number; isRouter: boolean; nowUs: number },
  timers: SourceTimers,
): SourceStep {
  const { startTimeUs } = event
  if (event.isRouter && state.startTimeUs !== undefined && state.startTimeUs !== startTimeUs) {
    const { state: fresh, actions } = restart(state, timers)
    return { state: { ...fresh, startTimeUs }, actions }
  }
  const known = { ...state, startTimeUs }
  if (state.flushedAtUs === undefined || state.wanted === 'first') return keep(known)
  return keep({ ...known, ...awake(state, 'live'), answered: true, attempts: 0 })
}

function onRepair(state: SourceState, reason: 'incomplete' | 'gap' | 'overflow', nowUs: number): SourceStep {
  if (!state.canFlush || !state.attached || state.wanted !== undefined) return keep(state)
  const { flushedAtUs, sweepAtUs } = state
  // What is incomplete while an answer is on its way will be mended by it; what was lost meanwhile will not.
  if (reason === 'incomplete' && flushedAtUs !== undefined && sweepAtUs !== undefined && !state.answered)
    return keep(state)
  const notBeforeUs = flushedAtUs === undefined ? 0 : flushedAtUs + state.repairIntervalMs * 1000
  const untrusted = reason === 'incomplete' ? {} : { sweepAtUs: undefined }
  const next = { ...state, ...untrusted, wanted: reason, notBeforeUs }
  return nowUs >= notBeforeUs ? { state: next, actions: [{ do: 'flush', reason }] } : keep(next)
}

function onFlushed(state: SourceState, nowUs: number, timers: SourceTimers): SourceStep {
  const isRepair = state.wanted === 'incomplete' || state.wanted === 'gap' || state.wanted === 'overflow'
  const doubled = Math.min(state.repairIntervalMs * 2, timers.periodicFlushMs)
  const next: SourceState = {
    ...state,
    ...awake(state, state.phase === 'live' || state.phaseBeforeSilence === 'live' ? 'live' : 'flushed'),
    wanted: undefined,
    flushedAtUs: nowUs,
    attempts: state.attempts + 1,
    answered: false,
    sweepAtUs: nowUs + timers.sweepAfterMs * 1000,
    repairIntervalMs: isRepair ? doubled : state.repairIntervalMs,
  }
  return { state: next, actions: [{ do: 'mark' }] }
}

function onTick(state: SourceState, nowUs: number, silentMs: number, timers: SourceTimers): SourceStep {
  if (silentMs >= timers.goneAfterMs) {
    return { state: { ...state, phase: 'gone', wanted: undefined, sweepAtUs: undefined }, actions: [{ do: 'close' }] }
  }
  let next = state
  if (silentMs >= timers.staleAfterMs && state.phase !== 'stale') {
    next = { ...next, phase: 'stale', phaseBeforeSilence: state.phase, sweepAtUs: undefined }
  }
  if (next.sweepAtUs !== undefined && nowUs >= next.sweepAtUs) {
    const actions: SourceAction[] = next.answered ? [{ do: 'sweep' }] : []
    return { state: { ...next, sweepAtUs: undefined }, actions }
  }
  if (!next.attached || !next.canFlush) return keep(next)
  if (next.wanted !== undefined) {
    return { state: next, actions: nowUs >= next.notBeforeUs ? [{ do: 'flush', reason: next.wanted }] : NOTHING }
  }
  if (next.flushedAtUs !== undefined) {
    const sinceMs = (nowUs - next.flushedAtUs) / 1000
    const periodMs = next.isNumbered ? timers.periodicFlushMs : timers.unnumberedFlushMs
    if (sinceMs >= periodMs) return want(next, 'periodic')
    if (sinceMs > 2 * next.repairIntervalMs && next.repairIntervalMs > timers.flushIntervalMs) {
      next = { ...next, repairIntervalMs: timers.flushIntervalMs }
    }
  }
  return retry(next, nowUs, timers)
}

/** Asks again when the last FLUSH should have been answered by now. */
function retry(state: SourceState, nowUs: number, timers: SourceTimers): SourceStep {
  const { flushedAtUs, attempts } = state
  if (state.answered || flushedAtUs === undefined || state.wanted !== undefined || !state.attached) return keep(state)
  const backoffMs = Math.min(timers.retryMs * 2 ** (attempts - 1), Math.max(LONGEST_RETRY_MS, timers.retryMs))
  const patienceMs = state.heard && attempts === 1 ? timers.answerMs : backoffMs
  return nowUs - flushedAtUs >= patienceMs * 1000 ? want(state, 'unanswered') : keep(state)
}

function want(state: SourceState, reason: FlushReason): SourceStep {
  return { state: { ...state, wanted: reason, notBeforeUs: 0 }, actions: [{ do: 'flush', reason }] }
}

/** Sets the phase of a source, or the one it will return to when it is silent now. */
function awake(state: SourceState, phase: SourcePhase): Pick<SourceState, 'phase' | 'phaseBeforeSilence'> {
  return state.phase === 'stale' ? { phase: 'stale', phaseBeforeSilence: phase } : { phase, phaseBeforeSilence: phase }
}
