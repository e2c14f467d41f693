import { encodeRecords, RECORD_TYPE, type RecordToSend } from '../../vanflow/index.ts'
import { nowUs } from './clock.ts'

const RECORDS_IN_A_MESSAGE = 50
/** How many deltas follow each new flow; the last is its end. */
const DELTAS = 4
const NEW_IN_A_MESSAGE = RECORDS_IN_A_MESSAGE / (1 + DELTAS)
const HOSTS = 1000

/** What a stream of flows refers to. */
export interface FlowStreamRefs {
  /** Five characters of the router's id. */
  prefix: string
  /** Address of the messages. */
  to: string
  listener: string
  connector: string
  /** The name that traces hold. */
  routerName: string
}

/**
 * Messages full of connections, one after another: 50 records each, of which ten are new and forty are deltas to
 * those of the four messages before. What a busy router says, made as fast as it can be encoded.
 */
export class FlowStream {
  /** Connections begun so far. */
  opened = 0
  /** Records told so far. */
  records = 0
  readonly #refs: FlowStreamRefs
  readonly #firstNumber: number

  /** @param firstNumber the number of the first flow's identity */
  constructor(refs: FlowStreamRefs, firstNumber: number) {
    this.#refs = refs
    this.#firstNumber = firstNumber
  }

  /** Encodes the next message. */
  next(messageId: number): Buffer {
    const records: RecordToSend[] = []
    const now = nowUs()
    for (let index = 0; index < NEW_IN_A_MESSAGE; index += 1) records.push(this.#start(this.opened + index, now))
    for (let step = 1; step <= DELTAS; step += 1) {
      const first = this.opened - step * NEW_IN_A_MESSAGE
      for (let index = 0; index < NEW_IN_A_MESSAGE && first >= 0; index += 1) {
        records.push(this.#delta(first + index, step, now))
      }
    }
    this.opened += NEW_IN_A_MESSAGE
    this.records += records.length
    return encodeRecords({ to: this.#refs.to, messageId, records })
  }

  #start(flow: number, now: number): RecordToSend {
    return {
      type: RECORD_TYPE.BIFLOW_TPORT,
      identity: this.#identity(flow),
      codes: [2, 3, 14, 17, 23, 58],
      values: [this.#refs.listener, now, hostOf(flow), String(32_768 + (flow % 28_000)), 0, 0],
    }
  }

  /** The other side's attributes, then octets and latencies, then octets, then the end. */
  #delta(flow: number, step: number, now: number): RecordToSend {
    const identity = this.#identity(flow)
    const type = RECORD_TYPE.BIFLOW_TPORT
    const { connector, routerName } = this.#refs
    switch (step) {
      case 1:
        return { type, identity, codes: [31, 60, 62, 63], values: [routerName, connector, '10.0.0.2', '51000'] }
      case 2:
        return { type, identity, codes: [23, 24, 58, 61], values: [500 + flow, 1500, 700 + flow, 900] }
      case 3:
        return { type, identity, codes: [23, 58], values: [900 + flow, 1700 + flow] }
      default:
        return { type, identity, codes: [4, 23, 58], values: [now, 1200 + flow, 2500 + flow] }
    }
  }

  #identity(flow: number): string {
    return `${this.#refs.prefix}:${this.#firstNumber + flow}`
  }
}

function hostOf(flow: number): string {
  const host = flow % HOSTS
  return `10.9.${host >> 8}.${host & 0xff}`
}
