import { addressText, writeIpv6Address } from '../../../linux/index.ts'
import { type FiveTuple, withoutZone } from '../../../scitags/index.ts'
import { type MarkingStrategy, STRATEGIES } from './strategy.ts'

/** What `bpf/marker.h` says in C. A test compares the two. */

/** Names in the object file. Those of program and maps begin with `tidemark`, so tools show whose they are. */
export const PROGRAM_NAME = 'tidemark_marker'
export const MARKS_MAP = 'tidemark_marks'
export const COUNTERS_MAP = 'tidemark_count'

export const KEY_BYTES = 36
export const VALUE_BYTES = 8
const DESTINATION_OFFSET = 16
const SOURCE_PORT_OFFSET = 32
const DESTINATION_PORT_OFFSET = 34
const MARK_SET = 0x8000_0000

const INTERFACE_OFFSET = KEY_BYTES
const BYTES_OFFSET = 40
const PROTOCOL_OFFSET = 44
const OUTCOME_OFFSET = 45
const VERDICT_BYTES = 48

/** What became of the packets, in the order of `enum outcome`. */
export const OUTCOMES = [
  'marked',
  'not_ipv6',
  'not_tcp_udp',
  'no_flow',
  'fragment',
  'truncated',
  'extension_headers',
  'mtu',
  'path_mtu',
  'jumbo',
  'udp_gso',
  'room_failed',
  'store_failed',
] as const

export type Outcome = (typeof OUTCOMES)[number]
/** `seen` is the sum of the others. */
export type PacketCounts = Readonly<Record<Outcome | 'seen', number>>

/** What an object must have, so that it can stand in for ours. */
export const MAP_LAYOUT = {
  [MARKS_MAP]: { keyBytes: KEY_BYTES, valueBytes: VALUE_BYTES },
  [COUNTERS_MAP]: { keyBytes: 4, valueBytes: 8, entries: OUTCOMES.length },
}

/**
 * Writes the map's key for a flow: its addresses and ports in network byte order. The protocol is no part of it.
 *
 * @param into `KEY_BYTES` bytes
 * @returns false when an end has no IPv6 address
 */
export function writeKey({ source, destination }: FiveTuple, into: Buffer): boolean {
  into.writeUInt16BE(source.port, SOURCE_PORT_OFFSET)
  into.writeUInt16BE(destination.port, DESTINATION_PORT_OFFSET)
  return (
    writeIpv6Address(withoutZone(source.address), into) &&
    writeIpv6Address(withoutZone(destination.address), into.subarray(DESTINATION_OFFSET))
  )
}

/** Writes the map's value: the marks of the TCP flow and of the UDP flow between two ends, where declared. */
export function writeMarks(marks: { tcp: number | undefined; udp: number | undefined }, into: Buffer): void {
  into.writeUInt32LE(marks.tcp === undefined ? 0 : (marks.tcp | MARK_SET) >>> 0, 0)
  into.writeUInt32LE(marks.udp === undefined ? 0 : (marks.udp | MARK_SET) >>> 0, 4)
}

/** What a program does: its constants, set before it is loaded. */
export interface ProgramSettings {
  /** Bytes of link-layer header that each packet begins with. */
  linkHeaderBytes: number
  strategy: MarkingStrategy
  /** The program tells what became of each packet. */
  debug: boolean
  /** Packets of flows that are not declared get the mark of the all-zero flow, if that is declared. */
  matchAll: boolean
}

/** `struct settings`. */
export function encodeSettings({ linkHeaderBytes, strategy, debug, matchAll }: ProgramSettings): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32LE(linkHeaderBytes, 0)
  bytes.writeUInt32LE(STRATEGIES.indexOf(strategy), 4)
  bytes.writeUInt32LE(Number(debug), 8)
  bytes.writeUInt32LE(Number(matchAll), 12)
  return bytes
}

/**
 * Adds up the counters.
 *
 * @param perCpu the counter of each CPU, by the outcome's place in `OUTCOMES`
 */
export function sumCounters(perCpu: (outcome: number) => readonly Buffer[]): PacketCounts {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const counts = OUTCOMES.map((_name, index) => sum(perCpu(index).map(value => Number(value.readBigUInt64LE()))))
  const byName = Object.fromEntries(OUTCOMES.map((name, index) => [name, counts[index] ?? 0])) as Record<
    Outcome,
    number
  >
  return { seen: sum(counts), ...byName }
}

/** Whose packet came by. */
export interface Verdict {
  interfaceIndex: number
  /** As the packet came, with its link-layer header. */
  bytes: number
  /** Whose packet it was, as far as that was looked at: `tcp [2001:db8::1]:1 > [2001:db8::2]:2`. */
  flow: string | undefined
}

/** The bytes of a `struct verdict`; undefined for what is none: another length, or another outcome. */
export function asVerdict(bytes: Buffer): Buffer | undefined {
  return bytes.length === VERDICT_BYTES && outcomeOf(bytes) < OUTCOMES.length ? bytes : undefined
}

/** What became of the packet: a place in `OUTCOMES`. */
export function outcomeOf(verdict: Buffer): number {
  return verdict.readUInt8(OUTCOME_OFFSET)
}

/** Reads what `asVerdict` lets through, beside the outcome. */
export function decodeVerdict(verdict: Buffer): Verdict {
  const protocol = { 6: 'tcp', 17: 'udp' }[verdict.readUInt8(PROTOCOL_OFFSET)]
  const end = (address: number, port: number) =>
    `[${addressText(verdict.subarray(address, address + 16))}]:${verdict.readUInt16BE(port)}`
  const ends = `${end(0, SOURCE_PORT_OFFSET)} > ${end(DESTINATION_OFFSET, DESTINATION_PORT_OFFSET)}`
  return {
    interfaceIndex: verdict.readUInt32LE(INTERFACE_OFFSET),
    bytes: verdict.readUInt32LE(BYTES_OFFSET),
    flow: protocol === undefined ? undefined : `${protocol} ${ends}`,
  }
}
