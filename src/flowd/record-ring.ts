import type { LogThrottle, StageAccount } from '../common/index.ts'
import { type BpfObject, RingBuffer, type RingBufferMaps } from '../linux/index.ts'

/** The maps of `bpf/ring.h`. */
export const RECORDS_MAP = 'tidemark_records'
export const LOST_MAP = 'tidemark_lost'

const LOSS_PERIOD_MS = 1000

export interface RecordRingSetup<Told> {
  /**
   * Each record is received here, and dropped as `layout` or `ring-full`; `onRecord` says what became of the others.
   */
  account: StageAccount
  /** Undefined for what is no record of the program. The bytes are valid during this call and that of `onRecord`. */
  decode: (bytes: Buffer) => Told | undefined
  onRecord: (told: Told) => void
  warnings: LogThrottle
  /** What is said when records found the ring full; losses are only counted where this is undefined. */
  lossWarning: string | undefined
}

/** The maps by which a program of this object tells user space of something. */
export function ringMaps(object: BpfObject): RingBufferMaps {
  return { records: object.map(RECORDS_MAP), lost: object.map(LOST_MAP) }
}

/**
 * Reads the records of a program from when it is made until `close`, and counts what is lost on the way, within a
 * second.
 */
export class RecordRing<Told> {
  readonly #setup: RecordRingSetup<Told>
  readonly #ring: RingBuffer
  readonly #look: NodeJS.Timeout
  #lost = 0
  #open = true

  /** @throws TidemarkError SYSTEM_CALL_FAILED */
  constructor(maps: RingBufferMaps, setup: RecordRingSetup<Told>) {
    this.#setup = setup
    this.#ring = new RingBuffer(maps, bytes => this.#take(bytes))
    this.#look = setInterval(() => this.#countLost(), LOSS_PERIOD_MS)
  }

  /** Hands over what is still in the ring; to be called before the program's object is closed. Idempotent. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    clearInterval(this.#look)
    this.#ring.drain()
    this.#countLost()
    this.#ring.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #take(bytes: Buffer): void {
    const { account, warnings, decode, onRecord } = this.#setup
    account.received += 1
    const told = decode(bytes)
    if (told !== undefined) {
      onRecord(told)
      return
    }
    account.drop('layout')
    warnings.warn(() => [{ bytes: bytes.length }, 'the program wrote a record that is none of ours'])
  }

  #countLost(): void {
    const { account, warnings, lossWarning } = this.#setup
    const count = this.#ring.lost - this.#lost
    if (count === 0) return
    this.#lost += count
    account.received += count
    account.drop('ring-full', count)
    if (lossWarning !== undefined) warnings.warn(() => [{ count }, lossWarning])
  }
}
