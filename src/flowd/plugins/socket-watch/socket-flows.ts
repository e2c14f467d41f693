import { LogThrottle, type StageAccount } from '../../../common/index.ts'
import { type FiveTuple, flowKey, isEveryFlow, type Parsed, type Registry } from '../../../scitags/index.ts'
import type { FlowEvent } from '../../event.ts'
import type { FlowIds } from '../../events/index.ts'
import type { UnitContext } from '../../unit.ts'
import type { HostSocket } from './host-socket.ts'
import type { SocketNews } from './socket-watch.ts'
import type { Turns } from './turns.ts'

/** What a plugin says of a socket. */
export interface Tag extends FlowIds, Pick<FlowEvent, 'application' | 'entropyKey'> {}

export interface SocketFlowsSetup {
  /** The plugin's name. */
  origin: string
  context: UnitContext
  emit: (event: FlowEvent) => void
  /** What a socket's traffic is for; undefined when it is not to be tagged, a refusal when its ids are not known. */
  tag: (socket: HostSocket) => Parsed<Tag> | undefined
  /** Whether a flow that another plugin declared is left as it is. */
  yieldsTo: (origin: string) => boolean
}

/** A socket that was tagged, with the ids that its end will carry. */
interface TaggedSocket {
  tuple: FiveTuple
  tag: Tag
}

/**
 * Makes flows of sockets: each that comes and is to be tagged starts one, and ends it when it is gone. Who declares a
 * flow by other means is believed more.
 */
export class SocketFlows {
  readonly #setup: SocketFlowsSetup
  readonly #account: StageAccount
  readonly #warnings: LogThrottle
  readonly #tagged = new Map<string, TaggedSocket>()
  /** The cookie of the tagged socket whose flow is the one of a key: ports may come again before the end is seen. */
  readonly #owners = new Map<string, string>()
  /** Sockets whose ids the registry does not know; a new list may. */
  readonly #unknown = new Map<string, HostSocket>()
  #registry: Registry
  #lookedBefore = false

  constructor(setup: SocketFlowsSetup) {
    this.#setup = setup
    this.#account = setup.context.metrics.stage(`plugin ${setup.origin}`)
    this.#warnings = new LogThrottle(setup.context.log)
    this.#registry = setup.context.registry.current
  }

  /** Takes in what a look at the sockets brought. */
  async look({ came, gone, turns }: SocketNews): Promise<void> {
    // First those that went: one that came may have the addresses and ports of one of them.
    for (const socket of gone) {
      this.#end(socket.cookie)
      if (turns.isOver) await turns.next()
    }
    for (const socket of [...this.#takeUnknown(), ...came]) {
      this.#start(socket)
      if (turns.isOver) await turns.next()
    }
    if (!this.#lookedBefore) await this.#endWhatIsLeft(turns)
    this.#lookedBefore = true
  }

  /** Takes in a socket that came between two looks. */
  came(socket: HostSocket): void {
    this.#start(socket)
  }

  stop(): void {
    this.#warnings.flush()
  }

  #takeUnknown(): HostSocket[] {
    const { current } = this.#setup.context.registry
    if (this.#registry === current) return []
    this.#registry = current
    const sockets = [...this.#unknown.values()]
    this.#unknown.clear()
    return sockets
  }

  #start(socket: HostSocket): void {
    const { origin, context, tag, yieldsTo } = this.#setup
    const tagged = tag(socket)
    if (tagged === undefined) return
    const { cookie, tuple } = socket
    const key = flowKey(tuple)
    const live = context.flows.get(key)
    if (live !== undefined && live.origin !== origin && yieldsTo(live.origin)) return
    this.#account.received += 1
    if (!tagged.ok) {
      this.#account.drop('ids')
      this.#unknown.set(cookie, socket)
      this.#warnings.warn(() => [{ flow: key, reason: `${tagged.field}: ${tagged.problem}` }, 'a socket is not tagged'])
      return
    }
    const owner = this.#owners.get(key)
    if (owner !== undefined && owner !== cookie) this.#end(owner)
    this.#tagged.set(cookie, { tuple, tag: tagged.value })
    this.#owners.set(key, cookie)
    this.#emit('start', { tuple, tag: tagged.value })
  }

  #end(cookie: string): void {
    this.#unknown.delete(cookie)
    const socket = this.#tagged.get(cookie)
    if (socket === undefined) return
    this.#tagged.delete(cookie)
    const key = flowKey(socket.tuple)
    this.#owners.delete(key)
    // It may have ended already, or somebody else has declared it since.
    if (this.#setup.context.flows.get(key)?.origin !== this.#setup.origin) return
    this.#account.received += 1
    this.#emit('end', socket)
  }

  #emit(state: 'start' | 'end', { tuple, tag }: TaggedSocket): void {
    const { origin, emit } = this.#setup
    this.#account.passed += 1
    emit({ state, flow: tuple, ...tag, origin })
  }

  /** After a restart or with new options, flows of this plugin may live that it would not declare now. */
  async #endWhatIsLeft(turns: Turns): Promise<void> {
    const { origin, context, emit } = this.#setup
    for (const { key, tuple, experiment, activity, origin: declaredBy } of context.flows.flows()) {
      if (declaredBy === origin && !this.#owners.has(key) && !isEveryFlow(tuple)) {
        this.#account.received += 1
        this.#account.passed += 1
        emit({ state: 'end', flow: tuple, experiment, activity, origin })
      }
      // Backends take the news in the meantime: more at once than they have room for would be lost to them.
      if (turns.isOver) await turns.next()
    }
  }
}
