import { type Logger, LogThrottle } from '../../common/index.ts'
import {
  ATTRIBUTE,
  BEACON_ADDRESS,
  type Beacon,
  decodeMessage,
  encodeFlush,
  type Heartbeat,
  RECORD_TYPE,
  type RecordMessage,
  type VanMessage,
  type VanRecord,
} from '../../vanflow/index.ts'
import type { IngestPort } from '../graph/ingest-port.ts'
import type { SourceHandle } from '../graph/source.ts'
import {
  advance,
  type FlushReason,
  SOURCE_PHASES,
  type SourceAction,
  type SourceEvent,
  type SourcePhase,
} from './source.ts'
import type { SourceTimers } from './source-timers.ts'
import type { VanCounters } from './van-counters.ts'
import { createSource, isUsable, sourceIdOf, toSourceType, type VanSource } from './van-source.ts'

/** What the sources ask of the connection; both do nothing while there is none. */
export interface VanLinks {
  /** Reads the addresses, the last one last. Those that are read already stay as they are. */
  attach(source: VanSource): void
  detach(source: VanSource): void
  /** Sends an encoded message; false when it cannot be sent now. */
  send(address: string, message: Buffer): boolean
}

export interface VanSourcesOptions {
  timers: SourceTimers
  /** BEACONs of more sources are counted and ignored. */
  maxSources: number
}

/**
 * The event sources of one network: hands each message to the rules of its source, does what they say, and feeds the
 * graph. Called with a time for everything, so that what waited in the inbox is judged by when it came.
 */
export class VanSources {
  readonly #port: IngestPort
  readonly #links: VanLinks
  readonly #options: VanSourcesOptions
  readonly #counters: VanCounters
  readonly #log: Logger
  readonly #restartLog: LogThrottle
  readonly #sources = new Map<string, VanSource>()
  #goneTotal = 0
  /** For how long in all we did not listen ourselves: silence in that time is nobody's. */
  #deafUs = 0

  constructor(port: IngestPort, links: VanLinks, options: VanSourcesOptions, counters: VanCounters, log: Logger) {
    this.#port = port
    this.#links = links
    this.#options = options
    this.#counters = counters
    this.#log = log
    this.#restartLog = new LogThrottle(log)
  }

  /** The sources that are not gone. */
  values(): Iterable<VanSource> {
    return this.#sources.values()
  }

  get size(): number {
    return this.#sources.size
  }

  /** How many sources are in each phase; those that are gone since the start, as a sum. */
  countByPhase(): Record<SourcePhase, number> {
    const counts = Object.fromEntries(SOURCE_PHASES.map(phase => [phase, 0])) as Record<SourcePhase, number>
    for (const { state } of this.#sources.values()) counts[state.phase] += 1
    counts.gone = this.#goneTotal
    return counts
  }

  /** Handles one message that came by the link of a source, or by the BEACONs' (then without a source). */
  receive(payload: Buffer, source: VanSource | undefined, address: string, nowUs: number): void {
    const { messages } = this.#counters
    const message = decodeMessage(payload)
    if (message.kind === 'malformed') messages.drop(`malformed-${message.cause}`)
    else if (message.kind === 'beacon') this.#onBeacon(message, address, nowUs)
    else if (message.kind === 'heartbeat') this.#onHeartbeat(message, address, nowUs)
    else if (message.kind !== 'records') messages.drop('other-subject')
    else if (source === undefined || source.state.phase === 'gone') messages.drop('unknown-source')
    else this.#onRecords(message, source, address, nowUs)
  }

  /** The links of a source are up. */
  onLinked(source: VanSource, nowUs: number): void {
    this.#step(source, { kind: 'linked', nowUs }, nowUs)
  }

  /** The router ended a link of a source; a later tick tries again. Without its main link a source is mute. */
  onLinkLost(source: VanSource, address: string, nowUs: number): void {
    source.relinkAtUs = nowUs + this.#options.timers.retryMs * 1000
    if (address === source.addresses.at(-1)) this.#step(source, { kind: 'unlinked' }, nowUs)
  }

  /** A message of the source was dropped by us. */
  onOverflow(source: VanSource, nowUs: number): void {
    this.#step(source, { kind: 'repair', reason: 'overflow', nowUs }, nowUs)
  }

  /** A message of the source was broken off on its way. */
  onAborted(source: VanSource, nowUs: number): void {
    this.#step(source, { kind: 'repair', reason: 'gap', nowUs }, nowUs)
  }

  /** The connection is up again: what was known is read and asked again, without waiting for BEACONs. */
  onConnected(): void {
    for (const source of this.#sources.values()) {
      source.ids.reset()
      source.relinkAtUs = undefined
      this.#links.attach(source)
    }
  }

  onDisconnected(nowUs: number): void {
    for (const source of this.#sources.values()) this.#step(source, { kind: 'unlinked' }, nowUs)
  }

  /** Lets time pass for every source. */
  tick(nowUs: number): void {
    for (const source of this.#sources.values()) {
      const silentMs = (nowUs - source.lastHeardUs - (this.#deafUs - source.deafBeforeUs)) / 1000
      this.#step(source, { kind: 'tick', nowUs, silentMs }, nowUs)
      if (source.relinkAtUs === undefined || nowUs < source.relinkAtUs || source.state.phase === 'gone') continue
      source.relinkAtUs = undefined
      this.#links.attach(source)
    }
  }

  /** Looks for message ids that never came; called every few seconds. */
  checkGaps(nowUs: number): void {
    for (const source of this.#sources.values()) {
      const missing = source.ids.takeMissing()
      if (missing === 0) continue
      this.#counters.missingMessages += missing
      this.#step(source, { kind: 'repair', reason: 'gap', nowUs }, nowUs)
    }
  }

  /** The process was suspended or overloaded for a while: nobody is judged by that silence. */
  forgiveSilence(deafUs: number): void {
    this.#deafUs += deafUs
  }

  /** Ends every source: the collector stops. */
  close(nowUs: number): void {
    for (const source of this.#sources.values()) {
      this.#port.closeSource(source.handle, 'shutdown', source.lastHeardUs, nowUs)
    }
    this.#sources.clear()
    this.#restartLog.flush()
  }

  #onBeacon(beacon: Beacon, address: string, nowUs: number): void {
    const { messages } = this.#counters
    if (!isUsable(beacon)) {
      messages.drop('malformed-beacon')
      return
    }
    const known = this.#sources.get(sourceIdOf(beacon))
    if (known !== undefined) {
      messages.passed += 1
      this.#heard(known, beacon, address, nowUs)
      return
    }
    if (this.#sources.size >= this.#options.maxSources) {
      messages.drop('source-limit')
      return
    }
    messages.passed += 1
    const handle = this.#port.openSource(sourceIdOf(beacon), toSourceType(beacon.sourceType), nowUs)
    const source = createSource(beacon, handle, this.#options.timers, { nowUs, deafBeforeUs: this.#deafUs })
    this.#sources.set(source.id, source)
    this.#counters.tellUp(source, true)
    this.#log.info({ source: source.id, type: source.type, epoch: handle.epoch }, 'source discovered')
    this.#heard(source, beacon, address, nowUs)
    this.#links.attach(source)
  }

  #onHeartbeat(heartbeat: Heartbeat, address: string, nowUs: number): void {
    const source = this.#sources.get(heartbeat.id)
    if (source === undefined) {
      this.#counters.messages.drop('unknown-source')
      return
    }
    this.#counters.messages.passed += 1
    this.#heard(source, heartbeat, address, nowUs)
    if (heartbeat.nowUs !== undefined) source.handle.clockOffsetUs = source.offset.add(heartbeat.nowUs, nowUs)
  }

  #onRecords(message: RecordMessage, source: VanSource, address: string, nowUs: number): void {
    const counters = this.#counters
    counters.messages.passed += 1
    this.#heard(source, message, address, nowUs)
    if (message.problems !== undefined) counters.countProblems(message.problems)
    let incomplete = false
    for (const record of message.records) {
      if (record.type <= RECORD_TYPE.ROUTER) this.#onRoot(source, record, nowUs)
      const outcome = this.#port.apply(source.handle, record, nowUs)
      counters.countOutcome(outcome)
      if (outcome === 'incomplete') incomplete = true
    }
    if (incomplete) this.#step(source, { kind: 'repair', reason: 'incomplete', nowUs }, nowUs)
  }

  /** Looks whether a SITE or ROUTER record is the one that the source itself is. */
  #onRoot(source: VanSource, record: VanRecord, nowUs: number): void {
    const isRouter = record.type === RECORD_TYPE.ROUTER
    if (source.type === 'ROUTER' && (!isRouter || record.identity !== source.id)) return
    if (source.type === 'CONTROLLER' && isRouter) return
    const startTimeUs = record.values[record.codes.indexOf(ATTRIBUTE.startTime)]
    if (typeof startTimeUs === 'number') this.#step(source, { kind: 'root', startTimeUs, isRouter, nowUs }, nowUs)
  }

  #heard(source: VanSource, { messageId, kind }: VanMessage, address: string, nowUs: number): void {
    source.lastHeardUs = nowUs
    source.deafBeforeUs = this.#deafUs
    // Whoever tells of a source by the link of another is not believed its numbers.
    const isOwnLink = address === BEACON_ADDRESS || source.addresses.includes(address)
    if (messageId !== undefined && source.type === 'ROUTER' && isOwnLink) {
      const verdict = source.ids.observe(address, messageId, nowUs)
      if (verdict === 'restarted') this.#step(source, { kind: 'restarted', nowUs }, nowUs)
      else if (verdict === 'repeated') this.#counters.repeatedMessages += 1
    }
    // The common case, a live source that goes on speaking, changes nothing.
    const { phase, heard, answered } = source.state
    if (phase === 'live' && heard && answered) return
    this.#step(source, { kind: 'heard', isHeartbeat: kind === 'heartbeat', nowUs }, nowUs)
  }

  #step(source: VanSource, event: SourceEvent, nowUs: number): void {
    const before = source.state.phase
    const { state, actions } = advance(source.state, event, this.#options.timers)
    source.state = state
    if (state.phase !== before) {
      this.#log.debug(
        { source: source.id, epoch: source.handle.epoch, from: before, to: state.phase },
        'source changed',
      )
      this.#tellSilence(source, before)
    }
    for (const action of actions) this.#perform(source, action, nowUs)
  }

  #tellSilence(source: VanSource, before: SourcePhase): void {
    const { phase } = source.state
    const isStale = phase === 'stale'
    if (phase === 'gone' || isStale === (before === 'stale')) return
    this.#counters.tellUp(source, !isStale)
    const said = isStale ? 'source is silent' : 'source is heard again'
    this.#log.info({ source: source.id, type: source.type, epoch: source.handle.epoch }, said)
  }

  #perform(source: VanSource, action: SourceAction, nowUs: number): void {
    switch (action.do) {
      case 'flush':
        this.#flush(source, action.reason, nowUs)
        break
      case 'mark':
        this.#port.mark(source.handle, nowUs)
        break
      case 'sweep':
        this.#counters.sweptRecords += this.#port.sweep(source.handle, nowUs)
        break
      case 'reopen':
        this.#counters.restarts += 1
        source.ids.reset()
        source.handle = this.#reopen(source, nowUs)
        this.#restartLog.info(() => [{ source: source.id, epoch: source.handle.epoch }, 'source restarted'])
        break
      case 'close':
        this.#goneTotal += 1
        this.#counters.tellUp(source, undefined)
        this.#sources.delete(source.id)
        this.#port.closeSource(source.handle, 'silent', source.lastHeardUs, nowUs)
        this.#links.detach(source)
        this.#log.warn({ source: source.id, epoch: source.handle.epoch }, 'source gone: silent for too long')
        break
    }
  }

  /** A new incarnation on the same host: its clock is as far off as it was. */
  #reopen(source: VanSource, nowUs: number): SourceHandle {
    const { clockOffsetUs } = source.handle
    const handle = this.#port.openSource(source.id, source.type, nowUs)
    handle.clockOffsetUs = clockOffsetUs
    return handle
  }

  #flush(source: VanSource, reason: FlushReason, nowUs: number): void {
    if (source.direct === undefined || !this.#links.send(source.direct, encodeFlush(source.direct))) return
    this.#counters.countFlush(reason)
    this.#step(source, { kind: 'flushed', nowUs }, nowUs)
  }
}
