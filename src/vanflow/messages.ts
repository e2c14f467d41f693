import type { DecodedRecords } from './decode-records.ts'

/** What every VAN-Flow message carries in its properties section. */
interface Envelope {
  /**
   * One counter per router process, shared by all its addresses: a decrease means that the router restarted.
   * Controllers send none.
   */
  messageId: number | undefined
  /** The address that the message was sent to. It may lack the suffix of the link that it came on. */
  to: string | undefined
}

/** The multicast address that all sources send BEACONs to. */
export const BEACON_ADDRESS = 'mc/sfe.all'

/** A source announces itself, at `BEACON_ADDRESS`. */
export interface Beacon extends Envelope {
  kind: 'beacon'
  /** Version of the protocol; 1 everywhere today. */
  version: number | undefined
  /** `ROUTER` or `CONTROLLER`; any other string is a source too. */
  sourceType: string
  /** Absent from routers 2.0.x, which are known by their address. */
  id: string | undefined
  /** Where the source sends its records; suffixes `.flows`, `.logs`, `.heartbeats` give its other addresses. */
  address: string
  /** Where the source takes commands; absent from routers 2.0.x. */
  direct: string | undefined
}

/** A source is alive, and says what its clock shows. */
export interface Heartbeat extends Envelope {
  kind: 'heartbeat'
  version: number | undefined
  /** Whose heart beats; the link's or the message's address says less (see `Envelope.to`). */
  id: string
  /** The source's clock in microseconds since the epoch; undefined when absent or beyond 2^53. */
  nowUs: number | undefined
}

/** Records that changed, or the answer to a FLUSH. */
export interface RecordMessage extends Envelope, DecodedRecords {
  kind: 'records'
}

/** Asks a source to send all that it knows. */
export interface Flush extends Envelope {
  kind: 'flush'
}

/** A message that names a VAN-Flow subject, or none that can be read, and does not hold together. */
export interface MalformedMessage extends Envelope {
  kind: 'malformed'
  cause: MalformedCause
}

export type MalformedCause =
  /** The sections do not parse as AMQP 1.0. */
  | 'sections'
  /** A BEACON without address or source type. */
  | 'beacon'
  /** A HEARTBEAT without the id of its source. */
  | 'heartbeat'

/** A well-formed message that is none of VAN-Flow's. */
export interface OtherMessage extends Envelope {
  kind: 'other'
  subject: string | undefined
}

/** A message of an event source or to one. */
export type VanMessage = Beacon | Heartbeat | RecordMessage | Flush | MalformedMessage | OtherMessage
