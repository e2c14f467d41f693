import { decodeText } from '../netlink/index.ts'
import { decodeTcpInfo, type TcpInfo } from './tcp-info.ts'

/** Counters of a struct of u32 fields, by name; fields that the kernel did not send are 0. */
type Counters<Names extends readonly string[]> = Record<Names[number], number>

const MEMORY = ['rmem', 'wmem', 'fmem', 'tmem'] as const
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
const VEGAS = ['enabled', 'rttCount', 'rttUs', 'minRttUs'] as const
const BBR = ['bandwidthLow', 'bandwidthHigh', 'minRttUs', 'pacingGain', 'cwndGain'] as const
const DCTCP = ['enabledAndCeState', 'alpha', 'abEcn', 'abTotal'] as const

/** The optional parts of a socket's description; each is present when the kernel sent it. */
export interface SocketAttributes {
  memory?: Counters<typeof MEMORY>
  tcpInfo?: TcpInfo
  vegas?: Counters<typeof VEGAS>
  /** Congestion control algorithm, as `cubic`. */
  congestion?: string
  /** IPv4 type of service. */
  tos?: number
  /** IPv6 traffic class. */
  trafficClass?: number
  socketMemory?: Counters<typeof SOCKET_MEMORY>
  /** Bit 0: no more receiving, bit 1: no more sending. */
  shutdown?: number
  dctcp?: { enabled: boolean; ceState: number; alpha: number; abEcn: number; abTotal: number }
  /** IP protocol of a raw socket's filter or of MPTCP. */
  ipProtocol?: number
  /** Whether an IPv6 socket refuses IPv4. */
  v6Only?: boolean
  mark?: number
  bbr?: { bandwidth: number; minRttUs: number; pacingGain: number; cwndGain: number }
  classId?: number
  cgroupId?: bigint
  /** Upper layer protocol, as `tls` or `mptcp`. */
  upperLayerProtocol?: string
  /** Two bytes of flags (`struct inet_diag_sockopt`). */
  socketOptions?: number
}

/** How each INET_DIAG attribute (linux/inet_diag.h) is read into the description. */
const READERS: Readonly<Record<number, (payload: Buffer) => SocketAttributes>> = {
  1: payload => ({ memory: counters(MEMORY, payload) }),
  2: payload => ({ tcpInfo: decodeTcpInfo(payload) }),
  3: payload => ({ vegas: counters(VEGAS, payload) }),
  4: payload => ({ congestion: decodeText(payload) }),
  5: payload => ({ tos: payload[0] ?? 0 }),
  6: payload => ({ trafficClass: payload[0] ?? 0 }),
  7: payload => ({ socketMemory: counters(SOCKET_MEMORY, payload) }),
  8: payload => ({ shutdown: payload[0] ?? 0 }),
  9: payload => {
    const { enabledAndCeState, ...rest } = counters(DCTCP, payload)
    return { dctcp: { enabled: (enabledAndCeState & 0xffff) !== 0, ceState: enabledAndCeState >>> 16, ...rest } }
  },
  10: payload => ({ ipProtocol: payload[0] ?? 0 }),
  11: payload => ({ v6Only: payload[0] === 1 }),
  15: payload => ({ mark: word(payload, 0) }),
  16: payload => {
    const { bandwidthLow, bandwidthHigh, ...rest } = counters(BBR, payload)
    return { bbr: { bandwidth: bandwidthHigh * 2 ** 32 + bandwidthLow, ...rest } }
  },
  17: payload => ({ classId: word(payload, 0) }),
  19: payload => ({ upperLayerProtocol: upperLayerProtocol(payload) }),
  21: payload => (payload.length >= 8 ? { cgroupId: payload.readBigUInt64LE() } : {}),
  22: payload => (payload.length >= 2 ? { socketOptions: payload.readUInt16LE() } : {}),
}

/**
 * Reads one attribute of a reply; an unknown type (a newer kernel's, MD5 keys, BPF storage) gives nothing, and costs
 * nobody else anything.
 */
export function readAttribute(type: number, payload: Buffer): SocketAttributes {
  return READERS[type]?.(payload) ?? {}
}

function counters<const Names extends readonly string[]>(names: Names, payload: Buffer): Counters<Names> {
  return Object.fromEntries(names.map((name, index) => [name, word(payload, index * 4)])) as Counters<Names>
}

function word(payload: Buffer, offset: number): number {
  return offset + 4 <= payload.length ? payload.readUInt32LE(offset) : 0
}

/** The ULP attribute nests its name as attribute 1, at the front. */
function upperLayerProtocol(payload: Buffer): string {
  return payload.length > 4 && (payload.readUInt16LE(2) & 0x3fff) === 1
    ? decodeText(payload.subarray(4, payload.readUInt16LE(0)))
    : ''
}
