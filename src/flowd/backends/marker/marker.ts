import { type Metrics, type StageAccount, TidemarkError } from '../../../common/index.ts'
import {
  ETHERNET_HEADER_BYTES,
  type Link,
  linkHeaderBytes,
  NETLINK,
  NetlinkSocket,
  type Platform,
  requireBpf,
  thisPlatform,
} from '../../../linux/index.ts'
import type { Backend } from '../../components.ts'
import type { FlowChange } from '../../flow.ts'
import type { UnitContext } from '../../unit.ts'
import { attach } from './attach.ts'
import { type Attachment, attachBoth } from './attachment.ts'
import { interfacesOfFlowdGo, removeAllLeftovers } from './clsact-filter.ts'
import { AttachedInterfaces } from './interfaces/index.ts'
import { KernelPrograms } from './kernel-programs.ts'
import { OUTCOMES, type PacketCounts } from './layout.ts'
import { Marks } from './marks.ts'
import type { MarkerOptions } from './options.ts'
import { VerdictLog } from './verdict-log.ts'

/**
 * Marks the packets of live flows: keeps the kernel's map of marks equal to the flow table, as far as it has room, and
 * the program attached to the egress of the interfaces.
 */
export class Marker implements Backend {
  readonly #options: MarkerOptions
  readonly #log: UnitContext['log']
  readonly #account: StageAccount
  readonly #platform: Platform
  readonly #programs: KernelPrograms
  readonly #verdicts: VerdictLog | undefined
  #marks: Marks | undefined
  readonly #interfaces: AttachedInterfaces
  /** How many flows found the map full. */
  #refusals = 0
  /** Whether it was said that the map is full, and not yet that it has room again. */
  #toldFull = false

  constructor(options: MarkerOptions, { log, metrics }: Pick<UnitContext, 'log' | 'metrics'>, platform = thisPlatform) {
    this.#options = options
    this.#log = log
    this.#account = metrics.stage('marks')
    this.#platform = platform
    const { markingStrategy: strategy, debugMode: debug } = options
    this.#programs = new KernelPrograms({ ...options, strategy, debug }, log)
    this.#interfaces = new AttachedInterfaces({ ...options, attach: (socket, link) => this.#attach(socket, link), log })
    if (options.debugMode) this.#verdicts = new VerdictLog(log, metrics)
    this.#export(metrics)
  }

  /** Interfaces that nothing is marked on, and why. */
  get problems(): string[] {
    return this.#interfaces.unmarked.map(
      ({ name, reason }) => `nothing that leaves through ${name} is marked: ${reason}`,
    )
  }

  /** What became of the packets that left through the interfaces. */
  get packets(): PacketCounts {
    return this.#programs.counts
  }

  /** How many flows are marked. */
  get size(): number {
    return this.#marks?.size ?? 0
  }

  /** What the packets of a flow carry, if it is marked. */
  mark(flowKey: string): number | undefined {
    return this.#marks?.value(flowKey)
  }

  /**
   * Loads and attaches the program; all of it happens before this returns its promise.
   *
   * @throws TidemarkError PLATFORM_UNSUPPORTED, LIBBPF_MISSING, BTF_MISSING, CAPABILITY_MISSING, INTERFACE_ABSENT,
   *   LINK_TYPE_UNSUPPORTED, BPF_LOAD_REFUSED, TCX_UNSUPPORTED, ATTACH_REFUSED, PERMISSION_DENIED
   */
  async start(): Promise<void> {
    requireBpf('the marker', this.#platform)
    try {
      this.#removeLeftovers()
      this.#interfaces.start()
      // Marks are kept from the start on, also where no interface is there yet; and what the kernel refuses is known at
      // once.
      if (this.#programs.marks === undefined) this.#programs.program(ETHERNET_HEADER_BYTES)
      const { verdicts } = this.#programs
      if (verdicts !== undefined) this.#verdicts?.start(verdicts)
      this.#marks = new Marks(this.#programs.marks!, this.#options.markingStrategy)
    } catch (error) {
      this.#release()
      throw error
    }
  }

  /** An end because flowd stops leaves the mark until the program is detached: the next start may carry it on. */
  handle(change: FlowChange): void {
    if (change.kind === 'start' || change.kind === 'resume') this.#mark(change)
    else if (change.kind === 'end' && change.reason !== 'shutdown') this.#unmark(change)
  }

  async stop(): Promise<void> {
    const waiting = this.#marks?.waiting ?? 0
    if (waiting > 0) this.#account.drop('full', waiting)
    this.#release()
  }

  #removeLeftovers(): void {
    using socket = NetlinkSocket.open(NETLINK.ROUTE)
    for (const { interface: name, cleaned } of removeAllLeftovers(socket)) {
      this.#log.warn({ interface: name, ...cleaned }, 'removed what a crashed run had left')
    }
    for (const { name } of interfacesOfFlowdGo(socket)) {
      const remedy = `stop flowd-go, then: tidemark flowd marker clean --target-interface ${name}`
      this.#log.warn(
        { interface: name, remedy },
        "flowd-go's filter stands here: it marks by its own orders, or in our place",
      )
    }
  }

  #attach(socket: NetlinkSocket, link: Link): Attachment {
    const headerBytes = linkHeaderBytes(link)
    if (headerBytes === undefined) {
      throw new TidemarkError('LINK_TYPE_UNSUPPORTED', { interface: link.name, linkType: link.arphrd })
    }
    const both = { ...this.#options, link, log: this.#log }
    const program = this.#programs.program(headerBytes)
    const marking = attach(socket, { ...both, program, direction: 'egress' })
    const learner = this.#programs.learner(headerBytes)
    if (learner === undefined) return marking
    return attachBoth(socket, marking, () => attach(socket, { ...both, program: learner, direction: 'ingress' }))
  }

  #mark({ flow }: FlowChange): void {
    if (this.#marks === undefined) return
    const outcome = this.#marks.add(flow)
    // One that waits already is counted already, and will be passed or dropped once.
    if (outcome === 'waiting') return
    this.#account.received += 1
    if (outcome === 'marked') this.#account.passed += 1
    else if (outcome === 'full') this.#full()
    else this.#account.drop(outcome)
  }

  #unmark({ flow }: FlowChange): void {
    if (this.#marks === undefined) return
    const { was, admitted } = this.#marks.remove(flow.key)
    if (was === 'waiting') this.#account.drop('full')
    this.#account.passed += admitted
    if (!this.#toldFull || this.#marks.waiting > 0) return
    this.#toldFull = false
    this.#log.info({ maxFlows: this.#options.maxFlows }, 'the marker has room for every flow again')
  }

  #full(): void {
    this.#refusals += 1
    if (this.#toldFull) return
    this.#toldFull = true
    this.#log.warn(
      { maxFlows: this.#options.maxFlows },
      'the marker is full: further flows go unmarked until others end; raise maxFlows',
    )
  }

  #release(): void {
    this.#interfaces.stop()
    this.#marks = undefined
    this.#verdicts?.stop()
    this.#programs.close()
  }

  #export(metrics: Metrics): void {
    const name = (what: string) => `tidemark_flowd_marker_${what}`
    metrics.gaugeOf(name('marks'), 'Flows whose packets are marked.', () => this.size)
    metrics.gaugeOf(name('waiting'), 'Flows that wait for room in the map.', () => this.#marks?.waiting ?? 0)
    metrics.counterOf(name('full_total'), 'Flows that found the map full.', () => this.#refusals)
    const interfaces = this.#interfaces
    metrics.gaugeOf(name('interfaces'), 'Interfaces that are marked on.', () => interfaces.size)
    const unmarked = 'Interfaces that are to be marked on and are not now; health says why.'
    metrics.gaugeOf(name('interfaces_unmarked'), unmarked, () => interfaces.unmarked.length)
    metrics.counterOf(
      name('attached_total'),
      'How often marking on an interface began.',
      () => interfaces.counts.attachments,
    )
    metrics.counterOf(name('attach_failed_total'), 'How often it could not begin.', () => interfaces.counts.failures)
    const removed = 'How often somebody else removed the program from an interface.'
    metrics.counterOf(name('removed_total'), removed, () => interfaces.counts.removals)
    for (const outcome of ['seen', ...OUTCOMES] as const) {
      const help = `Packets that left through the interfaces: ${outcome.replaceAll('_', ' ')}.`
      metrics.counterOf(name(`packets_${outcome}_total`), help, () => this.packets[outcome])
    }
  }
}
