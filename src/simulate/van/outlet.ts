import type { RecordToSend } from '../../vanflow/index.ts'

/** Where sources put their messages. */
export interface Outlet {
  /** Whether anyone listens on an address. */
  hasSubscriber(address: string): boolean
  /** Adds to the records of a message what a faulty source would. */
  spoil(records: readonly RecordToSend[]): readonly RecordToSend[]
  /** Sends an encoded message; `settled` is true for routers, who expect no answer. */
  publish(address: string, message: Buffer, settled: boolean): void
}
