import type { TcpInfo } from '../../../linux/index.ts'
import type { Usage } from '../../event.ts'
import { type TcpSample, usageOf } from '../../sample.ts'

const COUNTS = [
  'sentBytes',
  'receivedBytes',
  'sentSegments',
  'receivedSegments',
  'retransmittedBytes',
  'retransmittedSegments',
] as const

/** What is counted of flows. */
export type Counts = Record<(typeof COUNTS)[number], number>

export function zeroCounts(): Counts {
  return {
    sentBytes: 0,
    receivedBytes: 0,
    sentSegments: 0,
    receivedSegments: 0,
    retransmittedBytes: 0,
    retransmittedSegments: 0,
  }
}

/**
 * What a flow moved so far, and by how much that grew: sums over flows go on when a flow ends. Several enrichers may
 * read the same socket; what one tells late counts once.
 */
export class FlowCounter {
  /** As latest known. */
  readonly totals: Counts = zeroCounts()
  /** What was there before anybody counted: the first that is told is where counting begins. */
  readonly #isOld: boolean
  #isTold = false
  /** Who told the latest sample. */
  #source: string | undefined

  /** What the socket had moved for other flows before. */
  readonly #before: Usage

  /**
   * @param isOld the flow began before anything was counted here
   * @param before what its socket had moved for other flows, which counted it
   */
  constructor(isOld: boolean, before: Usage = { sentBytes: 0, receivedBytes: 0 }) {
    this.#isOld = isOld
    this.#before = before
  }

  /** Adds to `sums` what is new in a sample. */
  sample({ source, tcpInfo }: TcpSample, sums: Counts): void {
    const latest = this.#countsOf(tcpInfo)
    const isFirst = this.#source === undefined
    const fell = !isFirst && COUNTS.some(count => count !== 'receivedBytes' && latest[count] < this.totals[count])
    // The end of a socket may tell one byte less than was received (see `usageOf`).
    // Of another enricher, it is older than what is known; of the same one, it is of a new socket.
    if (fell && source !== this.#source) return
    for (const count of COUNTS) {
      const before = fell ? 0 : this.totals[count]
      if (!(isFirst && this.#beginsWith(count))) sums[count] += Math.max(0, latest[count] - before)
      this.totals[count] = isFirst ? latest[count] : Math.max(before, latest[count])
    }
    this.#source = source
    this.#isTold = true
  }

  /**
   * Adds to `sums` what is new in the usage of a flow.
   *
   * @param ofSocket the kernel told it, not an event, whose word counts only where nobody reads the socket
   */
  usage({ sentBytes, receivedBytes }: Usage, ofSocket: boolean, sums: Counts): void {
    if (this.#source !== undefined && !ofSocket) return
    const isBase = this.#isOld && !this.#isTold
    const { totals } = this
    if (!isBase) {
      sums.sentBytes += Math.max(0, sentBytes - totals.sentBytes)
      sums.receivedBytes += Math.max(0, receivedBytes - totals.receivedBytes)
    }
    totals.sentBytes = Math.max(totals.sentBytes, sentBytes)
    totals.receivedBytes = Math.max(totals.receivedBytes, receivedBytes)
    this.#isTold = true
  }

  /** Whether the first that is told is where counting begins. Of what was before, only the bytes are known. */
  #beginsWith(count: keyof Counts): boolean {
    if (this.#isOld) return true
    const { sentBytes, receivedBytes } = this.#before
    return sentBytes + receivedBytes > 0 && count !== 'sentBytes' && count !== 'receivedBytes'
  }

  #countsOf(info: TcpInfo): Counts {
    const { sentBytes = 0, receivedBytes = 0 } = usageOf(info) ?? {}
    return {
      sentBytes: Math.max(0, sentBytes - this.#before.sentBytes),
      receivedBytes: Math.max(0, receivedBytes - this.#before.receivedBytes),
      sentSegments: info.segsOut ?? 0,
      receivedSegments: info.segsIn ?? 0,
      retransmittedBytes: info.bytesRetrans ?? 0,
      retransmittedSegments: info.totalRetrans ?? 0,
    }
  }
}
