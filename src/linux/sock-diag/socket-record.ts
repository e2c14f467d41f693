import { addressText, unmapped } from '../ip-address.ts'
import { attributeEnd, attributeStart, decodeText, findAttribute, seekAttribute } from '../netlink/index.ts'
import { isAnswerTo, type PreparedLookup } from './lookup.ts'
import {
  FAMILY,
  SOCKET_STATES,
  type SocketEnd,
  type SocketFamily,
  type SocketProtocol,
  type SocketState,
  stateMask,
} from './request.ts'
import * as structures from './structures.ts'
import { readTcpInfo, type TcpInfo } from './tcp-info.ts'

/** Length of `struct inet_diag_msg` (linux/inet_diag.h), which every reply begins with. */
const FIXED_LENGTH = 72

/** Attributes of a reply (INET_DIAG_*). There are others; nobody asks for them, so they are passed over. */
const ATTRIBUTE = {
  memory: 1,
  tcpInfo: 2,
  vegas: 3,
  congestion: 4,
  tos: 5,
  trafficClass: 6,
  socketMemory: 7,
  shutdown: 8,
  dctcp: 9,
  ipProtocol: 10,
  v6Only: 11,
  mark: 15,
  bbr: 16,
  classId: 17,
  upperLayerProtocol: 19,
  cgroupId: 21,
  socketOptions: 22,
} as const

/** TCP states in which no more data will come or go, and for which the kernel keeps no statistics. */
const PAST_STATES = stateMask(['TIME_WAIT', 'CLOSE'])

/**
 * What the kernel tells of one socket. Each part is read when it is asked for, so that ten thousand lookups a second
 * cost little; an optional part that the kernel did not send is undefined. No bytes, however damaged, make it throw.
 */
export class SocketRecord {
  readonly #bytes: Buffer
  readonly #start: number
  readonly #end: number

  private constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
  }

  /**
   * Reads the body of a reply, which must not change afterwards; undefined when its fixed part is cut short.
   *
   * @param bytes hold the body, from a start to an end
   */
  static of(bytes: Buffer, start = 0, end = bytes.length): SocketRecord | undefined {
    return SocketRecord.isWhole(start, end) ? new SocketRecord(bytes, start, end) : undefined
  }

  /** Whether the fixed part of a body fits between a start and an end. */
  static isWhole(start: number, end: number): boolean {
    return end - start >= FIXED_LENGTH
  }

  /** The same in bytes of its own, for a record that is valid during a call only. */
  copy(): SocketRecord {
    const bytes = Buffer.from(this.#bytes.subarray(this.#start, this.#end))
    return new SocketRecord(bytes, 0, bytes.length)
  }

  /** Of the traffic: an IPv6 socket that speaks with an IPv4 peer has family ipv4. */
  get family(): SocketFamily {
    return this.remoteBytes.length === 4 ? 'ipv4' : 'ipv6'
  }

  /** Whether the socket itself is IPv6. */
  get ipv6Socket(): boolean {
    return this.#bytes[this.#start] === FAMILY.ipv6
  }

  get state(): SocketState {
    return SOCKET_STATES[this.stateNumber] ?? 'UNKNOWN'
  }

  get stateNumber(): number {
    return this.#bytes.readUInt8(this.#start + 1)
  }

  /** Whether no more data will come or go. A UDP socket has no such state: it is CLOSE while it is not connected. */
  isPast(protocol: SocketProtocol): boolean {
    return protocol === 'tcp' && ((PAST_STATES >>> this.stateNumber) & 1) === 1
  }

  /** Which timer runs: 0 none, 1 retransmit, 2 keepalive, 3 TIME_WAIT, 4 zero window probe. */
  get timer(): number {
    return this.#bytes.readUInt8(this.#start + 2)
  }

  /** How often that timer has fired. */
  get retransmits(): number {
    return this.#bytes.readUInt8(this.#start + 3)
  }

  get local(): SocketEnd {
    return { address: addressText(this.localBytes), port: this.localPort }
  }

  get remote(): SocketEnd {
    return { address: addressText(this.remoteBytes), port: this.remotePort }
  }

  get localPort(): number {
    return this.#bytes.readUInt16BE(this.#start + 4)
  }

  get remotePort(): number {
    return this.#bytes.readUInt16BE(this.#start + 6)
  }

  /** The local port in the upper half, the remote one in the lower. */
  get ports(): number {
    return this.#bytes.readUInt32BE(this.#start + 4)
  }

  /** 4 bytes for IPv4 traffic, also on an IPv6 socket; else 16. */
  get localBytes(): Buffer {
    return this.#address(8)
  }

  get remoteBytes(): Buffer {
    return this.#address(24)
  }

  /** Interface that the socket is bound to; 0 for none. */
  get interfaceIndex(): number {
    return this.#bytes.readUInt32LE(this.#start + 40)
  }

  /** 16 hexadecimal digits that no other socket has until the machine restarts; ports and addresses are reused. */
  get cookie(): string {
    return this.#bytes
      .readBigUInt64LE(this.#start + 44)
      .toString(16)
      .padStart(16, '0')
  }

  /** Whether another record is of the same socket, by its cookie. */
  isSameSocket(other: SocketRecord): boolean {
    const isWord = (offset: number) =>
      this.#bytes.readUInt32LE(this.#start + offset) === other.#bytes.readUInt32LE(other.#start + offset)
    return isWord(44) && isWord(48)
  }

  /** Whether this is the socket that a lookup asks for. */
  isOf(lookup: PreparedLookup): boolean {
    return isAnswerTo(lookup, this.#bytes, this.#start)
  }

  /** Until the timer fires. */
  get expiresMs(): number {
    return this.#bytes.readUInt32LE(this.#start + 52)
  }

  get receiveQueueBytes(): number {
    return this.#bytes.readUInt32LE(this.#start + 56)
  }

  get sendQueueBytes(): number {
    return this.#bytes.readUInt32LE(this.#start + 60)
  }

  get uid(): number {
    return this.#bytes.readUInt32LE(this.#start + 64)
  }

  /** 0 when no process holds the socket any more (TIME_WAIT, orphan). */
  get inode(): number {
    return this.#bytes.readUInt32LE(this.#start + 68)
  }

  get tcpInfo(): TcpInfo | undefined {
    const at = seekAttribute(this.#bytes, ATTRIBUTE.tcpInfo, this.#start + FIXED_LENGTH, this.#end)
    return at === -1 ? undefined : readTcpInfo(this.#bytes, attributeStart(at), attributeEnd(this.#bytes, at))
  }

  /** Congestion control algorithm, as `cubic`. */
  get congestion(): string | undefined {
    return this.#read(ATTRIBUTE.congestion, decodeText)
  }

  get vegas(): ReturnType<typeof structures.decodeVegas> | undefined {
    return this.#read(ATTRIBUTE.vegas, structures.decodeVegas)
  }

  get dctcp(): ReturnType<typeof structures.decodeDctcp> | undefined {
    return this.#read(ATTRIBUTE.dctcp, structures.decodeDctcp)
  }

  get bbr(): ReturnType<typeof structures.decodeBbr> | undefined {
    return this.#read(ATTRIBUTE.bbr, structures.decodeBbr)
  }

  get memory(): ReturnType<typeof structures.decodeMemory> | undefined {
    return this.#read(ATTRIBUTE.memory, structures.decodeMemory)
  }

  get socketMemory(): structures.SocketMemory | undefined {
    return this.#read(ATTRIBUTE.socketMemory, structures.decodeSocketMemory)
  }

  /** IPv4 type of service. */
  get tos(): number | undefined {
    return this.#read(ATTRIBUTE.tos, byteOf)
  }

  /** IPv6 traffic class. */
  get trafficClass(): number | undefined {
    return this.#read(ATTRIBUTE.trafficClass, byteOf)
  }

  /** Bit 0: no more receiving, bit 1: no more sending. */
  get shutdown(): number | undefined {
    return this.#read(ATTRIBUTE.shutdown, byteOf)
  }

  /** IP protocol of a raw socket, or the true one of MPTCP. */
  get ipProtocol(): number | undefined {
    return this.#read(ATTRIBUTE.ipProtocol, byteOf)
  }

  /** Whether an IPv6 socket refuses IPv4. */
  get v6Only(): boolean | undefined {
    return this.#read(ATTRIBUTE.v6Only, payload => byteOf(payload) === 1)
  }

  get mark(): number | undefined {
    return this.#read(ATTRIBUTE.mark, wordOf)
  }

  get classId(): number | undefined {
    return this.#read(ATTRIBUTE.classId, wordOf)
  }

  /** As `tls` or `mptcp`. */
  get upperLayerProtocol(): string | undefined {
    return this.#read(ATTRIBUTE.upperLayerProtocol, structures.decodeUpperLayerProtocol)
  }

  /** The inode of the socket's cgroup. */
  get cgroupId(): bigint | undefined {
    return this.#read(ATTRIBUTE.cgroupId, payload => (payload.length < 8 ? undefined : payload.readBigUInt64LE()))
  }

  /** Two bytes of flags (`struct inet_diag_sockopt`). */
  get socketOptions(): number | undefined {
    return this.#read(ATTRIBUTE.socketOptions, payload => (payload.length < 2 ? undefined : payload.readUInt16LE()))
  }

  #address(offset: number): Buffer {
    const start = this.#start + offset
    return unmapped(this.#bytes.subarray(start, start + (this.ipv6Socket ? 16 : 4)))
  }

  #read<Value>(type: number, decode: (payload: Buffer) => Value): Value | undefined {
    const payload = findAttribute(this.#bytes, type, this.#start + FIXED_LENGTH, this.#end)
    return payload === undefined ? undefined : decode(payload)
  }
}

function byteOf(payload: Buffer): number {
  return payload[0] ?? 0
}

function wordOf(payload: Buffer): number {
  return structures.wordAt(payload, 0)
}
