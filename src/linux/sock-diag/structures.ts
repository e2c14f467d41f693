import { decodeText, findAttribute } from '../netlink/index.ts'

/**
 * The C structures behind the attributes of a reply (linux/inet_diag.h, linux/sock_diag.h): runs of u32 in the host's
 * byte order. A field that an older kernel does not send is 0.
 */
const MEMORY = ['rmem', 'wmem', 'fmem', 'tmem'] as const
const VEGAS = ['enabled', 'rttCount', 'rttUs', 'minRttUs'] as const
const SOCKET_MEMORY = [
  'rmemAlloc',
  'rcvbuf',
  'wmemAlloc',
  'sndbuf',
  'fwdAlloc',
  'wmemQueued',
  'optmem',
  'backlog',
  'drops',
] as const

type Counters<Names extends readonly string[]> = Record<Names[number], number>

export type SocketMemory = Counters<typeof SOCKET_MEMORY>

export function decodeMemory(payload: Buffer): Counters<typeof MEMORY> {
  return counters(MEMORY, payload)
}

export function decodeSocketMemory(payload: Buffer): SocketMemory {
  return counters(SOCKET_MEMORY, payload)
}

export function decodeVegas(payload: Buffer): Counters<typeof VEGAS> {
  return counters(VEGAS, payload)
}

/** `struct tcp_dctcp_info`: two u16, then u32. */
export function decodeDctcp(payload: Buffer) {
  const first = wordAt(payload, 0)
  return {
    enabled: (first & 0xffff) !== 0,
    ceState: first >>> 16,
    alpha: wordAt(payload, 4),
    abEcn: wordAt(payload, 8),
    abTotal: wordAt(payload, 12),
  }
}

/** `struct tcp_bbr_info`: the bandwidth (bytes a second) in two halves, then u32; gains are shifted left by 8 bits. */
export function decodeBbr(payload: Buffer) {
  return {
    bandwidth: wordAt(payload, 4) * 2 ** 32 + wordAt(payload, 0),
    minRttUs: wordAt(payload, 8),
    pacingGain: wordAt(payload, 12),
    cwndGain: wordAt(payload, 16),
  }
}

/** The upper layer protocol's attribute nests its name, as `tls` or `mptcp`. */
export function decodeUpperLayerProtocol(payload: Buffer): string {
  return decodeText(findAttribute(payload, 1))
}

export function wordAt(payload: Buffer, offset: number): number {
  return offset + 4 <= payload.length ? payload.readUInt32LE(offset) : 0
}

function counters<const Names extends readonly string[]>(names: Names, payload: Buffer): Counters<Names> {
  return Object.fromEntries(names.map((name, index) => [name, wordAt(payload, index * 4)])) as Counters<Names>
}
