import { LogThrottle, type StageAccount } from '../../../common/index.ts'
import { type Platform, plainTcpInfo, requireBpf, thisPlatform, ticksPerSecond } from '../../../linux/index.ts'
import type { Enricher } from '../../components.ts'
import type { FlowChange } from '../../flow.ts'
import type { SampleReport } from '../../sample.ts'
import { SocketProgram } from '../../sock-ops/index.ts'
import type { Sampling, UnitContext } from '../../unit.ts'
import { FollowedFlows } from './followed-flows.ts'
import { ADOPTER_NAME, decodeRecord, encodeSettings, FOLLOW_MAP, PROGRAM_NAME, type SampleRecord } from './layout.ts'
import type { SkopsOptions } from './options.ts'

const SOURCE = 'skops'
const ASSET = 'bpf/skops.bpf.o'

/** Has the kernel sample the TCP sockets of live flows, and reports what it tells. */
export class Skops implements Enricher {
  readonly #options: SkopsOptions & Sampling
  readonly #log: UnitContext['log']
  readonly #platform: Platform
  readonly #account: StageAccount
  readonly #warnings: LogThrottle
  #report: (report: SampleReport) => void = () => undefined
  #program: SocketProgram<SampleRecord> | undefined
  #flows: FollowedFlows | undefined
  /** How many flows found the map full. */
  #refusals = 0

  constructor(
    options: SkopsOptions & Sampling,
    { log, metrics }: Pick<UnitContext, 'log' | 'metrics'>,
    platform = thisPlatform,
  ) {
    this.#options = options
    this.#log = log
    this.#platform = platform
    this.#account = metrics.stage('skops records')
    this.#warnings = new LogThrottle(log)
    metrics.gaugeOf('tidemark_flowd_skops_followed', 'Flows that skops follows.', () => this.#flows?.size ?? 0)
    metrics.counterOf('tidemark_flowd_skops_full_total', 'Flows that found no room.', () => this.#refusals)
  }

  /**
   * @throws TidemarkError PLATFORM_UNSUPPORTED, LIBBPF_MISSING, BTF_MISSING, CAPABILITY_MISSING, and what
   *   `SocketProgram` throws
   */
  async start(report: (report: SampleReport) => void): Promise<void> {
    requireBpf('the enricher skops', this.#platform, true)
    this.#report = report
    const { strategy, periodMs, maxFlows, programPath, cgroupPath } = this.#options
    const intervalMs = strategy === 'poll' ? periodMs : 0
    const program = new SocketProgram({
      asset: ASSET,
      programPath,
      cgroupPath,
      load: {
        program: PROGRAM_NAME,
        constants: encodeSettings({ intervalMs, ticksPerSecond: ticksPerSecond() }),
        maxEntries: { [FOLLOW_MAP]: maxFlows },
      },
      account: this.#account,
      decode: decodeRecord,
      onRecord: record => this.#take(record),
      warnings: this.#warnings,
      lossWarning: 'the kernel sampled faster than could be read; raise enrichers.period',
    })
    try {
      this.#flows = new FollowedFlows(program.map(FOLLOW_MAP), programPath || ASSET)
      const adopted = program.iterate(ADOPTER_NAME)
      this.#log.info({ cgroup: program.cgroup, strategy, adopted }, 'sampling sockets')
    } catch (error) {
      program.close()
      throw error
    }
    this.#program = program
  }

  handle({ kind, flow }: FlowChange): void {
    if (this.#program === undefined) return
    if (kind === 'end') this.#flows?.unfollow(flow.tuple)
    else if ((kind === 'start' || kind === 'resume') && this.#flows?.follow(flow.tuple) === false) this.#full()
  }

  async stop(): Promise<void> {
    this.#program?.close()
    this.#program = undefined
    this.#flows = undefined
    this.#warnings.flush()
  }

  #take({ name, takenNs, congestion, closed, tcpInfo }: SampleRecord): void {
    const key = this.#flows?.key(name)
    if (key === undefined) {
      this.#account.drop('flow-ended')
      return
    }
    this.#account.passed += 1
    const agoUs = Number(process.hrtime.bigint() - takenNs) / 1000
    const takenUs = Math.round(Date.now() * 1000 - agoUs)
    if (this.#options.debugMode) this.#log.debug({ flow: key, closed, ...plainTcpInfo(tcpInfo) }, 'sampled')
    this.#report({ key, sample: { source: SOURCE, takenUs, tcpInfo, congestion, socket: undefined }, gone: closed })
  }

  #full(): void {
    this.#refusals += 1
    const { maxFlows } = this.#options
    this.#warnings.warn(() => [{ maxFlows }, 'skops follows as many flows as it may; raise enrichers.skops.maxFlows'])
  }
}
