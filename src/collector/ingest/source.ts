import type { SourceTimers } from './source-timers.ts'

/**
 * new: named by a BEACON. attached: its links are up. flushed: asked to tell all. live: it told.
 * stale: silent for five heartbeats. gone: silent for so long that its records ended.
 */
export type SourcePhase = 'new' | 'attached' | 'flushed' | 'live' | 'stale' | 'gone'
export const SOURCE_PHASES: readonly SourcePhase[] = ['new', 'attached', 'flushed', 'live', 'stale', 'gone']

/** Why a source is asked to tell all it knows. */
export type FlushReason =
  /** Its links came up, or a restart began a new epoch: held back only where restarts follow each other. */
  | 'first'
  /** The last FLUSH was not answered. */
  | 'unanswered'
  /** A delta came without the record that it changes. */
  | 'incomplete'
  /** Message ids are missing, or a message was broken off. */
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
  /** When the last FLUSH of this epoch was sent, and whether it was answered. */
  readonly flushedAtUs: number | undefined
  readonly answered: boolean
  /** How many FLUSHes in a row went unanswered, and how many heartbeats came since the last. */
  readonly attempts: number
  readonly beats: number
  /** When the graph marked the records that an answer must bring back; undefined when it could not be trusted. */
  readonly markedAtUs: number | undefined
  /** When to sweep those that did not come back; undefined before an answer. */
  readonly sweepAtUs: number | undefined
  /** How far apart repairs are kept now. */
  readonly repairIntervalMs: number
  /** When the last FLUSH of any epoch was sent, and how long the next restart has to wait after it. */
  readonly askedAtUs: number | undefined
  readonly restartPauseMs: number
}

/** What can happen to a source; times are the collector's, in microseconds. */
export type SourceEvent =
  | { kind: 'linked'; nowUs: number }
  | { kind: 'unlinked' }
  | { kind: 'heard'; isHeartbeat: boolean; nowUs: number }
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
/** A router that begins anew all the time, or is two that share an id, is asked at growing intervals. */
const FIRST_RESTART_PAUSE_MS = 1000
const LONGEST_RESTART_PAUSE_MS = 60_000
/** After two heartbeats an answer is overdue, since it would have come before the second; then after 4, 8, … 32. */
const MOST_BEATS = 32

/** Whatever was marked cannot be swept: its answer is lost, or was damaged. */
const UNMARKED = { markedAtUs: undefined, sweepAtUs: undefined } as const

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
    answered: false,
    attempts: 0,
    beats: 0,
    ...UNMARKED,
    repairIntervalMs: timers.flushIntervalMs,
    askedAtUs: undefined,
    restartPauseMs: 0,
  }
}

/** The rules of a source's life, without effects: what it is after an event, and what is to be done about it. */
export function advance(state: SourceState, event: SourceEvent, timers: SourceTimers): SourceStep {
  if (state.phase === 'gone') return { state, actions: NOTHING }
  switch (event.kind) {
    case 'linked':
      return ask({ ...state, ...awake(state, 'attached'), attached: true, heard: false })
    case 'unlinked':
      return keep({ ...state, attached: false, heard: false, wanted: undefined, ...UNMARKED })
    case 'heard':
      return onHeard(state, event.isHeartbeat, event.nowUs)
    case 'root':
      return onRoot(state, event, timers)
    case 'restarted':
      return restart(state, event.nowUs, timers)
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

/** Asks at once, as the first FLUSH of a connection may. */
function ask(state: SourceState): SourceStep {
  if (!state.canFlush) return keep(state)
  const asking = {
    ...state,
    wanted: 'first' as const,
    notBeforeUs: 0,
    answered: false,
    attempts: 0,
    ...UNMARKED,
  }
  return { state: asking, actions: [{ do: 'flush', reason: 'first' }] }
}

function restart(state: SourceState, nowUs: number, timers: SourceTimers): SourceStep {
  const { attached, askedAtUs, restartPauseMs } = state
  const phase: SourcePhase = attached ? 'attached' : 'new'
  const known = { attached, heard: true, askedAtUs, restartPauseMs, phase, phaseBeforeSilence: phase }
  const { state: asking, actions } = ask({ ...discovered(state, timers), ...known })
  const notBeforeUs = (askedAtUs ?? 0) + restartPauseMs * 1000
  if (nowUs >= notBeforeUs) return { state: asking, actions: [{ do: 'reopen' }, ...actions] }
  return { state: { ...asking, notBeforeUs }, actions: [{ do: 'reopen' }] }
}

function onHeard(state: SourceState, isHeartbeat: boolean, nowUs: number): SourceStep {
  const phase = state.canFlush ? state.phase : 'live'
  const beats = state.beats + (isHeartbeat ? 1 : 0)
  const next = { ...state, phase, phaseBeforeSilence: phase, heard: true, beats }
  // What changed while nothing came from there was lost.
  if (state.phase === 'stale') return onRepair({ ...next, phase: state.phaseBeforeSilence }, 'gap', nowUs)
  const isOverdue = isWaiting(next) && beats >= Math.min(2 ** next.attempts, MOST_BEATS)
  return isHeartbeat && isOverdue ? want(next, 'unanswered') : keep(next)
}

/** Whether a FLUSH is on its way, or its answer. */
function isWaiting(state: SourceState): boolean {
  return state.attached && state.flushedAtUs !== undefined && !state.answered && state.wanted === undefined
}

function onRoot(
  state: SourceState,
  event: { startTimeUs: number; isRouter: boolean; nowUs: number },
  timers: SourceTimers,
): SourceStep {
  const { startTimeUs } = event
  if (event.isRouter && state.startTimeUs !== undefined && state.startTimeUs !== startTimeUs) {
    const { state: fresh, actions } = restart(state, event.nowUs, timers)
    return { state: { ...fresh, startTimeUs }, actions }
  }
  const known = { ...state, startTimeUs }
  if (state.flushedAtUs === undefined || state.wanted === 'first' || state.answered) return keep(known)
  // The root record leads the answer; the rest of it follows at once.
  const restUs = event.nowUs + timers.answerMs * 1000
  const sweepAtUs =
    state.markedAtUs === undefined ? undefined : Math.max(state.markedAtUs + timers.sweepAfterMs * 1000, restUs)
  return keep({ ...known, ...awake(state, 'live'), answered: true, attempts: 0, sweepAtUs })
}

function onRepair(state: SourceState, reason: 'incomplete' | 'gap' | 'overflow', nowUs: number): SourceStep {
  if (!state.canFlush || !state.attached || state.wanted !== undefined) return keep(state)
  const { flushedAtUs } = state
  // What is incomplete while an answer is on its way will be mended by it; what was lost meanwhile will not.
  if (reason === 'incomplete' && isWaiting(state)) return keep(state)
  const notBeforeUs = flushedAtUs === undefined ? 0 : flushedAtUs + state.repairIntervalMs * 1000
  const untrusted = reason === 'incomplete' ? {} : UNMARKED
  const next = { ...state, ...untrusted, wanted: reason, notBeforeUs }
  return nowUs >= notBeforeUs ? { state: next, actions: [{ do: 'flush', reason }] } : keep(next)
}

function onFlushed(state: SourceState, nowUs: number, timers: SourceTimers): SourceStep {
  const isRepair = state.wanted === 'incomplete' || state.wanted === 'gap' || state.wanted === 'overflow'
  const doubled = Math.min(state.repairIntervalMs * 2, timers.periodicFlushMs)
  // An answer to a FLUSH asked again serves the mark of the first.
  const keepsMark = state.wanted === 'unanswered' && state.markedAtUs !== undefined
  const next: SourceState = {
    ...state,
    ...awake(state, state.phase === 'live' || state.phaseBeforeSilence === 'live' ? 'live' : 'flushed'),
    wanted: undefined,
    flushedAtUs: nowUs,
    answered: false,
    attempts: state.attempts + 1,
    beats: 0,
    markedAtUs: keepsMark ? state.markedAtUs : nowUs,
    sweepAtUs: undefined,
    repairIntervalMs: isRepair ? doubled : state.repairIntervalMs,
    askedAtUs: nowUs,
    restartPauseMs: state.wanted === 'first' ? nextRestartPauseMs(state, nowUs, timers) : state.restartPauseMs,
  }
  return { state: next, actions: keepsMark ? NOTHING : [{ do: 'mark' }] }
}

function nextRestartPauseMs({ askedAtUs, restartPauseMs }: SourceState, nowUs: number, timers: SourceTimers): number {
  const isSoon = askedAtUs !== undefined && nowUs - askedAtUs < (restartPauseMs + timers.flushIntervalMs) * 1000
  return isSoon ? Math.min(Math.max(2 * restartPauseMs, FIRST_RESTART_PAUSE_MS), LONGEST_RESTART_PAUSE_MS) : 0
}

function onTick(state: SourceState, nowUs: number, silentMs: number, timers: SourceTimers): SourceStep {
  if (silentMs >= timers.goneAfterMs) {
    return { state: { ...state, phase: 'gone', wanted: undefined, ...UNMARKED }, actions: [{ do: 'close' }] }
  }
  let next = state
  if (silentMs >= timers.staleAfterMs && state.phase !== 'stale') {
    next = { ...next, phase: 'stale', phaseBeforeSilence: state.phase, ...UNMARKED }
  }
  if (next.sweepAtUs !== undefined && nowUs >= next.sweepAtUs) {
    return { state: { ...next, ...UNMARKED }, actions: [{ do: 'sweep' }] }
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

/** Asks a source again that has not shown itself since the last FLUSH; one that speaks shows by its heartbeats. */
function retry(state: SourceState, nowUs: number, timers: SourceTimers): SourceStep {
  if (!isWaiting(state) || state.beats > 0) return keep(state)
  const patienceMs = Math.min(timers.retryMs * 2 ** (state.attempts - 1), LONGEST_RETRY_MS)
  return nowUs - state.flushedAtUs! >= patienceMs * 1000 ? want(state, 'unanswered') : keep(state)
}

function want(state: SourceState, reason: FlushReason): SourceStep {
  return { state: { ...state, wanted: reason, notBeforeUs: 0 }, actions: [{ do: 'flush', reason }] }
}

/** Sets the phase of a source, or the one it will return to when it is silent now. */
function awake(state: SourceState, phase: SourcePhase): Pick<SourceState, 'phase' | 'phaseBeforeSilence'> {
  return state.phase === 'stale' ? { phase: 'stale', phaseBeforeSilence: phase } : { phase, phaseBeforeSilence: phase }
}
