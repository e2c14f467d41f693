/**
 * How a record lies in memory: one row of 32-bit words, some of which form 64-bit numbers. A million records as
 * objects would cost the garbage collector a second each time it looks at them, and twice the memory; as rows in a
 * few hundred buffers they cost it nothing. What every delta touches comes first, in one cache line.
 */

/** Fields of 64-bit numbers, as offsets in units of 8 bytes. */
export const NUMBER = {
  octets: 0,
  octetsReverse: 1,
  latency: 2,
  processLatency: 3,
  startTime: 8,
  endTime: 9,
  /** When the collector learned of the end, by its own clock. */
  endedAt: 10,
} as const

/** Fields of 32-bit words, as offsets in units of 4 bytes. 0 always means "none". */
export const WORD = {
  /** Type, flags and which numbers are set; see `STATE`. */
  state: 8,
  /** The identity, in two parts; see `IdentityTable`. */
  identityPrefix: 9,
  identityNumber: 10,
  /** Index of the event source that owns the record. */
  source: 11,
  /** The source's generation when it last mentioned the record. */
  touched: 12,
  /** Counts up when the row gets another record, so that who held the former one can tell. */
  serial: 13,
  /** The VAN address that the record belongs to (of a BIFLOW, its listener side). */
  address: 14,
  /** The VAN address that a BIFLOW's connector side belongs to. */
  connectorAddress: 15,
  /** Neighbours in the list that the record is in: the live ones of its source, or all that ended. */
  next: 22,
  previous: 23,
  /** Row of the record that attribute `parent` names, and the rows of those that name this one. */
  parent: 24,
  firstChild: 25,
  nextChild: 26,
  previousChild: 27,
  /** The same for the one other reference that a type may have; see `TARGET_CODE`. */
  target: 28,
  firstReferrer: 29,
  nextReferrer: 30,
  previousReferrer: 31,
  /** Numbers of interned texts. */
  sourceHost: 32,
  sourcePort: 33,
  trace: 34,
  proxyHost: 35,
  proxyPort: 36,
  protocol: 37,
  method: 38,
  result: 39,
  reason: 40,
  errorListenerSide: 41,
  errorConnectorSide: 42,
  destHost: 43,
  /** Neighbours in the list of flows and connectors at a host. */
  nextAtHost: 44,
  previousAtHost: 45,
} as const

export type NumberField = (typeof NUMBER)[keyof typeof NUMBER]
export type WordField = (typeof WORD)[keyof typeof WORD]

/** Words in a row; even, so that numbers stay aligned. */
export const ROW_WORDS = 46

/** The parts of `WORD.state`. */
export const STATE = {
  /** The record's type code, or `VACANT`. */
  typeMask: 0xff,
  /** The record ended. */
  ended: 1 << 8,
  /** Its end was concluded here, not told by its source. */
  inferredEnd: 1 << 9,
  /** Its first emission was seen: it has a start time or a parent. */
  begun: 1 << 10,
  /** It has attributes outside its row. */
  extras: 1 << 11,
  /** Its identity belongs to another record now. */
  detached: 1 << 12,
  /** It is due for eviction, and waits for those that hang on it. */
  parked: 1 << 13,
  /** Index into `END_REASONS`, three bits. */
  reasonShift: 14,
  reasonMask: 0x7 << 14,
  /** No delta was merged into the record yet. */
  fresh: 1 << 17,
  /** One bit for each number field that is set. */
  presentShift: 20,
} as const

/** The type of a row that only holds an identity: others refer to it, its record was not seen. */
export const VACANT = 0xff
