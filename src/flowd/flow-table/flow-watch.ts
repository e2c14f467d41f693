import type { Service } from '../../common/index.ts'
import { isEveryFlow } from '../../scitags/index.ts'
import type { FlowTable, LiveFlow } from './flow-table.ts'
import type { SocketProbe } from './socket-probe.ts'

export interface FlowWatchSetup {
  table: FlowTable
  probe: SocketProbe
  silenceLimitMs: number
  /** How long the watch waits between two slices of the table. */
  periodMs?: number
  /** How many flows one slice looks at, which bounds the cost of a large table. */
  sliceLength?: number
}

/**
 * Ends flows whose end nobody told: those whose socket was seen and is gone, and those that gave no sign of life for
 * long. A flow whose socket lives is never ended here, nor one that stands for every packet. Goes round the table a
 * slice at a time.
 */
export class FlowWatch implements Service {
  readonly #setup: Required<FlowWatchSetup>
  #timer: NodeJS.Timeout | undefined
  #round: Iterator<LiveFlow> | undefined

  constructor(setup: FlowWatchSetup) {
    this.#setup = { periodMs: 500, sliceLength: 500, ...setup }
  }

  async start(): Promise<void> {
    this.#timer ??= setInterval(() => this.look(), this.#setup.periodMs)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Looks at the next slice. */
  look(): void {
    for (let looked = 0; looked < this.#setup.sliceLength; looked += 1) {
      this.#round ??= this.#setup.table.flows()
      const next = this.#round.next()
      if (next.done === true) {
        this.#round = undefined
        return
      }
      this.#judge(next.value)
    }
  }

  #judge(flow: LiveFlow): void {
    if (isEveryFlow(flow.tuple)) return
    const { table, probe, silenceLimitMs } = this.#setup
    const verdict = probe(flow.tuple)
    if (verdict === 'alive') {
      flow.socketSeen = true
      flow.lastSignMs = performance.now()
    } else if (verdict === 'gone' && flow.socketSeen) table.end(flow, 'socket')
    else if (performance.now() - flow.lastSignMs >= silenceLimitMs) table.end(flow, 'silence')
  }
}
