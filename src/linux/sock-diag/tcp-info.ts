/** The u8, u16, u32 and u64 fields of `struct tcp_info` (linux/tcp.h) with their offsets; the kernel only appends. */
const FIELDS = {
  state: [0, 1],
  caState: [1, 1],
  retransmits: [2, 1],
  probes: [3, 1],
  backoff: [4, 1],
  options: [5, 1],
  rtoUs: [8, 4],
  atoUs: [12, 4],
  sndMss: [16, 4],
  rcvMss: [20, 4],
  unacked: [24, 4],
  sacked: [28, 4],
  lost: [32, 4],
  retrans: [36, 4],
  fackets: [40, 4],
  lastDataSentMs: [44, 4],
  lastAckSentMs: [48, 4],
  lastDataRecvMs: [52, 4],
  lastAckRecvMs: [56, 4],
  pmtu: [60, 4],
  rcvSsthresh: [64, 4],
  rttUs: [68, 4],
  rttvarUs: [72, 4],
  sndSsthresh: [76, 4],
  sndCwnd: [80, 4],
  advmss: [84, 4],
  reordering: [88, 4],
  rcvRttUs: [92, 4],
  rcvSpace: [96, 4],
  totalRetrans: [100, 4],
  pacingRate: [104, 8],
  maxPacingRate: [112, 8],
  bytesAcked: [120, 8],
  bytesReceived: [128, 8],
  segsOut: [136, 4],
  segsIn: [140, 4],
  notsentBytes: [144, 4],
  minRttUs: [148, 4],
  dataSegsIn: [152, 4],
  dataSegsOut: [156, 4],
  deliveryRate: [160, 8],
  busyTimeUs: [168, 8],
  rwndLimitedUs: [176, 8],
  sndbufLimitedUs: [184, 8],
  delivered: [192, 4],
  deliveredCe: [196, 4],
  bytesSent: [200, 8],
  bytesRetrans: [208, 8],
  dsackDups: [216, 4],
  reordSeen: [220, 4],
  rcvOoopack: [224, 4],
  sndWnd: [228, 4],
  rcvWnd: [232, 4],
  rehash: [236, 4],
  totalRto: [240, 2],
  totalRtoRecoveries: [242, 2],
  totalRtoTimeMs: [244, 4],
} as const satisfies Record<string, readonly [offset: number, size: 1 | 2 | 4 | 8]>

const FIELD_LIST = Object.entries(FIELDS) as readonly [keyof typeof FIELDS, readonly [number, number]][]

/** Rates that the kernel writes as all ones mean "no limit". */
const UNLIMITED = 2 ** 64

/**
 * `tcp_info` as this kernel reports it: a field that it does not have is undefined, so 0 always means 0. Names are the
 * kernel's; times carry their unit, rates are bytes a second (undefined when unlimited), windows and counters of
 * bytes are bytes, cwnd and ssthresh segments. Numbers are exact up to 2^53.
 */
export type TcpInfo = { [Name in keyof typeof FIELDS]: number | undefined } & {
  /** Shift of the windows that the peer announces. */
  sndWscale: number | undefined
  /** Shift of the windows that this host announces. */
  rcvWscale: number | undefined
  deliveryRateAppLimited: boolean | undefined
  /** TCP_FASTOPEN_* reason of a client's failure, 0-3. */
  fastopenClientFail: number | undefined
}

/** Reads a `tcp_info` of any length. Never throws. */
export function decodeTcpInfo(bytes: Buffer): TcpInfo {
  const info: Partial<Record<keyof typeof FIELDS, number | undefined>> = {}
  for (const [name, [offset, size]] of FIELD_LIST) {
    info[name] = offset + size <= bytes.length ? unsigned(bytes, offset, size) : undefined
  }
  // Bit fields: the low nibble comes first on little-endian machines.
  const [scales, flags] = [bytes[6], bytes[7]]
  return {
    ...(info as { [Name in keyof typeof FIELDS]: number | undefined }),
    sndWscale: scales === undefined ? undefined : scales & 0x0f,
    rcvWscale: scales === undefined ? undefined : scales >> 4,
    deliveryRateAppLimited: flags === undefined ? undefined : (flags & 1) === 1,
    fastopenClientFail: flags === undefined ? undefined : (flags >> 1) & 3,
  }
}

function unsigned(bytes: Buffer, offset: number, size: number): number | undefined {
  if (size < 8) return bytes.readUIntLE(offset, size)
  const value = bytes.readUInt32LE(offset + 4) * 2 ** 32 + bytes.readUInt32LE(offset)
  return value === UNLIMITED ? undefined : value
}
