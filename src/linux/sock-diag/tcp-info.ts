/** Reads one field of a `tcp_info` that lies from a start to an end. */
type Reader<Value> = (bytes: Buffer, start: number, end: number) => Value | undefined

/** `struct tcp_info` (linux/tcp.h), in the host's byte order (little-endian on x64 and arm64). */
const LAYOUT = {
  state: u8(0),
  caState: u8(1),
  retransmits: u8(2),
  probes: u8(3),
  backoff: u8(4),
  options: u8(5),
  /** Shift of the windows that the peer announces. */
  sndWscale: bits(6, 0, 4),
  /** Shift of the windows that this host announces. */
  rcvWscale: bits(6, 4, 4),
  deliveryRateAppLimited: flag(7, 0),
  /** TCP_FASTOPEN_* reason of a client's failure, 0-3. */
  fastopenClientFail: bits(7, 1, 2),
  rtoUs: u32(8),
  atoUs: u32(12),
  sndMss: u32(16),
  rcvMss: u32(20),
  unacked: u32(24),
  sacked: u32(28),
  lost: u32(32),
  retrans: u32(36),
  fackets: u32(40),
  lastDataSentMs: u32(44),
  lastAckSentMs: u32(48),
  lastDataRecvMs: u32(52),
  lastAckRecvMs: u32(56),
  pmtu: u32(60),
  rcvSsthresh: u32(64),
  rttUs: u32(68),
  rttvarUs: u32(72),
  sndSsthresh: u32(76),
  sndCwnd: u32(80),
  advmss: u32(84),
  reordering: u32(88),
  rcvRttUs: u32(92),
  rcvSpace: u32(96),
  totalRetrans: u32(100),
  pacingRate: u64(104),
  maxPacingRate: u64(112),
  bytesAcked: u64(120),
  bytesReceived: u64(128),
  segsOut: u32(136),
  segsIn: u32(140),
  notsentBytes: u32(144),
  minRttUs: u32(148),
  dataSegsIn: u32(152),
  dataSegsOut: u32(156),
  deliveryRate: u64(160),
  busyTimeUs: u64(168),
  rwndLimitedUs: u64(176),
  sndbufLimitedUs: u64(184),
  delivered: u32(192),
  deliveredCe: u32(196),
  bytesSent: u64(200),
  bytesRetrans: u64(208),
  dsackDups: u32(216),
  reordSeen: u32(220),
  rcvOoopack: u32(224),
  sndWnd: u32(228),
  rcvWnd: u32(232),
  rehash: u32(236),
  totalRto: u16(240),
  totalRtoRecoveries: u16(242),
  totalRtoTimeMs: u32(244),
} as const satisfies Record<string, Reader<number | boolean>>

/**
 * `tcp_info` as this kernel reports it: a field that it does not have is undefined, so 0 always means 0. Names are the
 * kernel's; times carry their unit, rates are bytes a second (undefined when unlimited), windows and counters of
 * bytes are bytes, cwnd and ssthresh segments. Numbers are exact up to 2^53.
 */
export type TcpInfo = { readonly [Name in keyof typeof LAYOUT]: ReturnType<(typeof LAYOUT)[Name]> }

/** Every field of `TcpInfo`, in the kernel's order. */
export const TCP_INFO_FIELDS = Object.keys(LAYOUT) as (keyof TcpInfo)[]

/** Reads each field when it is asked for: of ten thousand samples a second, only some fields are ever looked at. */
class LazyTcpInfo {
  readonly #bytes: Buffer
  readonly #start: number
  readonly #end: number

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
  }

  static {
    for (const [name, read] of Object.entries<Reader<number | boolean>>(LAYOUT)) {
      Object.defineProperty(LazyTcpInfo.prototype, name, {
        enumerable: true,
        get(this: LazyTcpInfo) {
          return read(this.#bytes, this.#start, this.#end)
        },
      })
    }
  }
}

/**
 * Reads a `tcp_info` of any length: the kernel only ever appends to it. Never throws.
 *
 * @param bytes hold it from a start to an end, and must not change afterwards
 */
export function readTcpInfo(bytes: Buffer, start = 0, end = bytes.length): TcpInfo {
  return new LazyTcpInfo(bytes, start, end) as object as TcpInfo
}

/** Every field as a property of its own, to be listed, compared or changed. */
export function plainTcpInfo(info: TcpInfo): TcpInfo {
  return Object.fromEntries(TCP_INFO_FIELDS.map(field => [field, info[field]])) as object as TcpInfo
}

function u8(offset: number): Reader<number> {
  return (bytes, start, end) => (start + offset < end ? bytes[start + offset] : undefined)
}

/** Bit fields: the low bits come first on little-endian machines. */
function bits(offset: number, shift: number, count: number): Reader<number> {
  const byte = u8(offset)
  return (bytes, start, end) => {
    const value = byte(bytes, start, end)
    return value === undefined ? undefined : (value >> shift) & ((1 << count) - 1)
  }
}

function flag(offset: number, shift: number): Reader<boolean> {
  const bit = bits(offset, shift, 1)
  return (bytes, start, end) => {
    const value = bit(bytes, start, end)
    return value === undefined ? undefined : value === 1
  }
}

function u16(offset: number): Reader<number> {
  return (bytes, start, end) => (start + offset + 2 <= end ? bytes.readUInt16LE(start + offset) : undefined)
}

function u32(offset: number): Reader<number> {
  return (bytes, start, end) => (start + offset + 4 <= end ? bytes.readUInt32LE(start + offset) : undefined)
}

/** All ones, which the kernel writes for a rate without limit, is undefined. */
function u64(offset: number): Reader<number> {
  return (bytes, start, end) => {
    const at = start + offset
    if (at + 8 > end) return undefined
    const value = bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at)
    return value === 2 ** 64 ? undefined : value
  }
}
