import type { Parsed } from '../../../scitags/index.ts'
import type { Plugin } from '../../components.ts'
import type { FlowEvent } from '../../event.ts'
import { readIds } from '../../events/index.ts'
import type { UnitContext } from '../../unit.ts'
import {
  type HostSocket,
  OpenedSockets,
  SocketFlows,
  SocketWatch,
  type SocketWatchSetup,
  type Tag,
} from '../socket-watch/index.ts'
import type { NetlinkOptions } from './options.ts'
import { Rules } from './rules.ts'

const ORIGIN = 'netlink'

/** Tags the connections of this host by rules. */
export class NetlinkTagger implements Plugin {
  readonly #options: NetlinkOptions
  readonly #context: UnitContext
  readonly #openTable: SocketWatchSetup['openTable']
  #watch: SocketWatch | undefined
  #opened: OpenedSockets | undefined
  #flows: SocketFlows | undefined

  /** @param openTable replaces the kernel's table of sockets by that of another place, for tests */
  constructor(options: NetlinkOptions, context: UnitContext, openTable?: SocketWatchSetup['openTable']) {
    this.#options = options
    this.#context = context
    this.#openTable = openTable
  }

  /**
   * @throws TidemarkError RULE_UNUSABLE, CGROUP_MISSING, SOCKET_DIAGNOSTICS_MISSING, and with `watch: socketOps` what
   *   `OpenedSockets` throws
   */
  async start(emit: (event: FlowEvent) => void): Promise<void> {
    const context = this.#context
    const rules = new Rules(this.#options)
    const flows = new SocketFlows({
      origin: ORIGIN,
      context,
      emit,
      tag: socket => this.#tag(rules, socket),
      yieldsTo: origin => origin !== 'perfsonar',
    })
    this.#flows = flows
    const watch = new SocketWatch({
      periodMs: this.#options.period,
      log: context.log,
      openTable: this.#openTable,
      onLook: async news => {
        await rules.prepare(news.came)
        await flows.look(news)
      },
    })
    this.#watch = watch
    if (this.#options.watch === 'socketOps') {
      this.#opened = new OpenedSockets({
        what: `the plugin ${ORIGIN} with watch: socketOps`,
        account: context.metrics.stage(`${ORIGIN} openings`),
        log: context.log,
        openTable: this.#openTable,
        onOpened: async socket => {
          await rules.prepare([socket])
          if (watch.takeIn(socket)) flows.came(socket)
        },
      })
    }
    try {
      await this.#opened?.start()
      await watch.start()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /**
   * The flows live on: who turns the plugin off ends them, who only changes its rules keeps those that are the same.
   */
  async stop(): Promise<void> {
    await this.#opened?.stop()
    await this.#watch?.stop()
    this.#flows?.stop()
  }

  #tag(rules: Rules, socket: HostSocket): Parsed<Tag> | undefined {
    const rule = rules.find(socket)
    if (rule === undefined) return undefined
    const { experiment, activity, application } = rule
    const ids = readIds(experiment, activity, this.#context.registry.current)
    if (!ids.ok || application === undefined) return ids
    return { ok: true, value: { ...ids.value, application } }
  }
}
