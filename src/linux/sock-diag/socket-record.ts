import { addressText, unmapped } from '../ip-address.ts'
import { decodeText, findAttribute } from '../netlink/index.ts'
import { AF, SOCKET_STATES, type SocketEnd, type SocketFamily, type SocketState } from './request.ts'
import * as structures from './structures.ts'
import { decodeTcpInfo, type TcpInfo } from './tcp-info.ts'

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

/**
 * What the kernel tells of one socket. Each part is read when it is asked for, so that ten thousand lookups a second
 * cost little; an optional part that the kernel did not send is undefined. No bytes, however damaged, make it throw.
 */
export class SocketRecord {
  readonly #body: Buffer

  private constructor(body: Buffer) {
    this.#body = body
  }

  /** Reads the body of a reply, which must not change afterwards; undefined when its fixed part is cut short. */
  static of(body: Buffer): SocketRecord | undefined {
    return body.length < FIXED_LENGTH ? undefined : new SocketRecord(body)
  }

  /** Of the traffic: an IPv6 socket that speaks with an IPv4 peer has family ipv4. */
  get family(): SocketFamily {
    return this.remoteBytes.length === 4 ? 'ipv4' : 'ipv6'
  }

  /** Whether the socket itself is IPv6. */
  get ipv6Socket(): boolean {
    return this.#body[0] === AF.ipv6
  }

  get state(): SocketState {
    return SOCKET_STATES[this.#body.readUInt8(1)] ?? 'UNKNOWN'
  }

  /** Which timer runs: 0 none, 1 retransmit, 2 keepalive, 3 TIME_WAIT, 4 zero window probe. */
  get timer(): number {
    return this.#body.readUInt8(2)
  }

  /** How often that timer has fired. */
  get retransmits(): number {
    return this.#body.readUInt8(3)
  }

  get local(): SocketEnd {
    return { address: addressText(this.localBytes), port: this.localPort }
  }

  get remote(): SocketEnd {
    return { address: addressText(this.remoteBytes), port: this.remotePort }
  }

  get localPort(): number {
    return this.#body.readUInt16BE(4)
  }

  get remotePort(): number {
    return this.#body.readUInt16BE(6)
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
    return this.#body.readUInt32LE(40)
  }

  /** 16 hexadecimal digits that no other socket has until the machine restarts; ports and addresses are reused. */
  get cookie(): string {
    return this.#body.readBigUInt64LE(44).toString(16).padStart(16, '0')
  }

  /** Until the timer fires. */
  get expiresMs(): number {
    return this.#body.readUInt32LE(52)
  }

  get receiveQueueBytes(): number {
    return this.#body.readUInt32LE(56)
  }

  get sendQueueBytes(): number {
    return this.#body.readUInt32LE(60)
  }

  get uid(): number {
    return this.#body.readUInt32LE(64)
  }

  /** 0 when no process holds the socket any more (TIME_WAIT, orphan). */
  get inode(): number {
    return this.#body.readUInt32LE(68)
  }

  get tcpInfo(): TcpInfo | undefined {
    return this.#read(ATTRIBUTE.tcpInfo, decodeTcpInfo)
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
    return unmapped(this.#body.subarray(offset, offset + (this.ipv6Socket ? 16 : 4)))
  }

  #read<Value>(type: number, decode: (payload: Buffer) => Value): Value | undefined {
    const payload = findAttribute(this.#body, type, FIXED_LENGTH)
    return payload === undefined ? undefined : decode(payload)
  }
}

function byteOf(payload: Buffer): number {
  return payload[0] ?? 0
}

function wordOf(payload: Buffer): number {
  return structures.wordAt(payload, 0)
}
