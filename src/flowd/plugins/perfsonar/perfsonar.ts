import { LogThrottle } from '../../../common/index.ts'
import { everyFlow, flowKey, type Parsed } from '../../../scitags/index.ts'
import { addressReach } from '../../addresses/index.ts'
import type { Plugin } from '../../components.ts'
import type { FlowEvent } from '../../event.ts'
import { type FlowIds, readIds } from '../../events/index.ts'
import type { UnitContext } from '../../unit.ts'
import { type HostSocket, SocketFlows, SocketWatch, type SocketWatchSetup, type Tag } from '../socket-watch/index.ts'
import type { PerfsonarOptions } from './options.ts'

const ORIGIN = 'perfsonar'

/** Destinations whose packets leave no host, or no link. */
const NEAR: readonly string[] = ['loopback', 'link-local']

/**
 * Declares all traffic of this host as one experiment and activity: once for every packet, for those who mark, and once
 * for each connection, for those who announce and measure.
 */
export class Perfsonar implements Plugin {
  readonly #options: PerfsonarOptions
  readonly #context: UnitContext
  readonly #warnings: LogThrottle
  readonly #openTable: SocketWatchSetup['openTable']
  #emit: (event: FlowEvent) => void = () => undefined
  #watch: SocketWatch | undefined
  #flows: SocketFlows | undefined
  #declared = false

  /** @param openTable replaces the kernel's table of sockets by that of another place, for tests */
  constructor(options: PerfsonarOptions, context: UnitContext, openTable?: SocketWatchSetup['openTable']) {
    this.#options = options
    this.#context = context
    this.#warnings = new LogThrottle(context.log)
    this.#openTable = openTable
  }

  /** @throws TidemarkError SOCKET_DIAGNOSTICS_MISSING */
  async start(emit: (event: FlowEvent) => void): Promise<void> {
    const { log } = this.#context
    const flows = new SocketFlows({
      origin: ORIGIN,
      context: this.#context,
      emit,
      tag: socket => this.#tag(socket),
      yieldsTo: () => true,
    })
    this.#emit = emit
    this.#flows = flows
    this.#watch = new SocketWatch({
      periodMs: this.#options.period,
      log,
      openTable: this.#openTable,
      onLook: async news => {
        // Again, if the registry did not know the names before.
        this.#declareAll()
        await flows.look(news)
      },
    })
    await this.#watch.start()
    this.#declareAll()
  }

  /** What was declared ends when the plugin is off; one that follows with the same ids goes on without a gap. */
  async stop(): Promise<void> {
    await this.#watch?.stop()
    this.#flows?.stop()
    this.#warnings.flush()
  }

  #declareAll(): void {
    if (this.#declared) return
    const ids = this.#ids()
    if (!ids.ok) {
      this.#warnings.warn(() => [{ reason: `${ids.field}: ${ids.problem}` }, 'nothing is tagged'])
      return
    }
    this.#declared = true
    for (const protocol of ['tcp', 'udp'] as const) {
      this.#emit({ state: 'start', flow: everyFlow(protocol), ...ids.value, origin: ORIGIN })
    }
  }

  #tag({ tuple }: HostSocket): Parsed<Tag> | undefined {
    if (NEAR.includes(addressReach(tuple.destination.address))) return undefined
    const ids = this.#ids()
    if (!ids.ok) return ids
    // Its first packets have the label of all, and a flow has one label for its life.
    return { ok: true, value: { ...ids.value, entropyKey: flowKey(everyFlow(tuple.protocol)) } }
  }

  #ids(): Parsed<FlowIds> {
    const { experimentId, activityId } = this.#options
    return readIds(experimentId, activityId, this.#context.registry.current)
  }
}
