import { LogThrottle, type StageAccount } from '../../../common/index.ts'
import { type Platform, requireBpf, thisPlatform } from '../../../linux/index.ts'
import { flowKey } from '../../../scitags/index.ts'
import type { Plugin } from '../../components.ts'
import type { FlowEvent } from '../../event.ts'
import { type FlowIds, readIds } from '../../events/index.ts'
import { type ConnectionRecord, decodeRecord, encodeSettings, SocketProgram, WATCHER } from '../../sock-ops/index.ts'
import type { UnitContext } from '../../unit.ts'
import { idPairs } from './id-pairs.ts'
import type { Iperf3Options } from './options.ts'

const ORIGIN = 'iperf3'

/** How often connections are forgotten whose end was lost. */
const SWEEP_MS = 60_000

/** A connection that is open, with what was said of it: nothing, when its ids mean nothing. */
interface OpenConnection {
  key: string
  ids: FlowIds | undefined
}

/** Tells of the TCP connections of this host that open and close, as the kernel sees them. */
export class Iperf3 implements Plugin {
  readonly #options: Iperf3Options
  readonly #context: UnitContext
  readonly #platform: Platform
  readonly #account: StageAccount
  readonly #warnings: LogThrottle
  /** By cookie: ports come again while the end of their last connection is still on its way. */
  readonly #open = new Map<bigint, OpenConnection>()
  #emit: (event: FlowEvent) => void = () => undefined
  readonly #nextPair: ReturnType<typeof idPairs>
  #program: SocketProgram<ConnectionRecord> | undefined
  #sweep: NodeJS.Timeout | undefined

  constructor(options: Iperf3Options, context: UnitContext, platform = thisPlatform) {
    this.#options = options
    this.#context = context
    this.#platform = platform
    this.#account = context.metrics.stage(`plugin ${ORIGIN}`)
    this.#warnings = new LogThrottle(context.log)
    this.#nextPair = idPairs(options)
  }

  /**
   * @throws TidemarkError PLATFORM_UNSUPPORTED, LIBBPF_MISSING, BTF_MISSING, CAPABILITY_MISSING, and
   *   what `SocketProgram` throws
   */
  async start(emit: (event: FlowEvent) => void): Promise<void> {
    requireBpf('the plugin iperf3', this.#platform)
    this.#emit = emit
    const { programPath, cgroupPath } = this.#options
    this.#program = new SocketProgram({
      asset: WATCHER.asset,
      programPath,
      cgroupPath,
      load: { program: WATCHER.program, constants: encodeSettings(this.#options) },
      account: this.#account,
      decode: decodeRecord,
      onRecord: record => this.#take(record),
      warnings: this.#warnings,
      lossWarning: 'connections opened and closed faster than they could be read',
    })
    this.#sweep = setInterval(() => this.#forgetEnded(), SWEEP_MS)
    this.#context.log.info({ cgroup: this.#program.cgroup }, 'watching for connections')
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweep)
    this.#program?.close()
    this.#program = undefined
    this.#open.clear()
    this.#warnings.flush()
  }

  #take(record: ConnectionRecord): void {
    if (this.#options.debugMode)
      this.#context.log.debug({ ...record.flow, cookie: String(record.cookie) }, record.event)
    if (record.event === 'opened') this.#start(record)
    else this.#end(record)
  }

  #start({ cookie, flow }: ConnectionRecord): void {
    const { experiment, activity } = this.#nextPair()
    const read = readIds(experiment, activity, this.#context.registry.current)
    const ids = read.ok ? read.value : undefined
    this.#open.set(cookie, { key: flowKey(flow), ids })
    if (!read.ok) this.#warnings.warn(() => [{ ...flow }, `${read.field}: ${read.problem}`])
    if (ids === undefined) this.#account.drop('ids')
    else this.#tell({ state: 'start', flow, ...ids, startTimeUs: Date.now() * 1000, origin: ORIGIN })
  }

  /** An end has the ids that its start had, also a start that was told before a restart or a reload. */
  #end({ cookie, flow }: ConnectionRecord): void {
    const key = flowKey(flow)
    const live = this.#context.flows.get(key)
    const open = this.#open.get(cookie) ?? (live?.origin === ORIGIN ? { ids: live } : undefined)
    if (open === undefined) {
      this.#account.drop('unknown-end')
      this.#warnings.warn(() => [{ flow: key }, 'a connection closed whose opening was not seen'])
      return
    }
    this.#open.delete(cookie)
    if (open.ids === undefined) this.#account.drop('ids')
    else {
      const { experiment, activity } = open.ids
      this.#tell({ state: 'end', flow, experiment, activity, endTimeUs: Date.now() * 1000, origin: ORIGIN })
    }
  }

  #tell(event: FlowEvent): void {
    this.#account.passed += 1
    this.#emit(event)
  }

  /** Where an end was lost, the flow table finds out by the socket; then there is nothing to remember. */
  #forgetEnded(): void {
    for (const [cookie, { key }] of this.#open) {
      if (this.#context.flows.get(key) === undefined) this.#open.delete(cookie)
    }
  }
}
