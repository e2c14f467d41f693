/**
 * `tcp_info` as this kernel reports it: a field that it does not have is undefined, so 0 always means 0. Names are the
 * kernel's; times carry their unit, rates are bytes a second (undefined when unlimited), windows and counters of
 * bytes are bytes, cwnd and ssthresh segments. Numbers are exact up to 2^53.
 */
export type TcpInfo = ReturnType<typeof decodeTcpInfo>

/**
 * Reads `struct tcp_info` (linux/tcp.h) of any length: the kernel only ever appends to it. Never throws.
 *
 * @param bytes in the host's byte order (little-endian)
 */
export function decodeTcpInfo(bytes: Buffer) {
  // Bit fields: the low bits come first on little-endian machines.
  const [scales, flags] = [u8(bytes, 6), u8(bytes, 7)]
  return {
    state: u8(bytes, 0),
    caState: u8(bytes, 1),
    retransmits: u8(bytes, 2),
    probes: u8(bytes, 3),
    backoff: u8(bytes, 4),
    options: u8(bytes, 5),
    /** Shift of the windows that the peer announces. */
    sndWscale: scales === undefined ? undefined : scales & 0x0f,
    /** Shift of the windows that this host announces. */
    rcvWscale: scales === undefined ? undefined : scales >> 4,
    deliveryRateAppLimited: flags === undefined ? undefined : (flags & 1) === 1,
    /** TCP_FASTOPEN_* reason of a client's failure, 0-3. */
    fastopenClientFail: flags === undefined ? undefined : (flags >> 1) & 3,
    rtoUs: u32(bytes, 8),
    atoUs: u32(bytes, 12),
    sndMss: u32(bytes, 16),
    rcvMss: u32(bytes, 20),
    unacked: u32(bytes, 24),
    sacked: u32(bytes, 28),
    lost: u32(bytes, 32),
    retrans: u32(bytes, 36),
    fackets: u32(bytes, 40),
    lastDataSentMs: u32(bytes, 44),
    lastAckSentMs: u32(bytes, 48),
    lastDataRecvMs: u32(bytes, 52),
    lastAckRecvMs: u32(bytes, 56),
    pmtu: u32(bytes, 60),
    rcvSsthresh: u32(bytes, 64),
    rttUs: u32(bytes, 68),
    rttvarUs: u32(bytes, 72),
    sndSsthresh: u32(bytes, 76),
    sndCwnd: u32(bytes, 80),
    advmss: u32(bytes, 84),
    reordering: u32(bytes, 88),
    rcvRttUs: u32(bytes, 92),
    rcvSpace: u32(bytes, 96),
    totalRetrans: u32(bytes, 100),
    pacingRate: u64(bytes, 104),
    maxPacingRate: u64(bytes, 112),
    bytesAcked: u64(bytes, 120),
    bytesReceived: u64(bytes, 128),
    segsOut: u32(bytes, 136),
    segsIn: u32(bytes, 140),
    notsentBytes: u32(bytes, 144),
    minRttUs: u32(bytes, 148),
    dataSegsIn: u32(bytes, 152),
    dataSegsOut: u32(bytes, 156),
    deliveryRate: u64(bytes, 160),
    busyTimeUs: u64(bytes, 168),
    rwndLimitedUs: u64(bytes, 176),
    sndbufLimitedUs: u64(bytes, 184),
    delivered: u32(bytes, 192),
    deliveredCe: u32(bytes, 196),
    bytesSent: u64(bytes, 200),
    bytesRetrans: u64(bytes, 208),
    dsackDups: u32(bytes, 216),
    reordSeen: u32(bytes, 220),
    rcvOoopack: u32(bytes, 224),
    sndWnd: u32(bytes, 228),
    rcvWnd: u32(bytes, 232),
    rehash: u32(bytes, 236),
    totalRto: u16(bytes, 240),
    totalRtoRecoveries: u16(bytes, 242),
    totalRtoTimeMs: u32(bytes, 244),
  }
}

function u8(bytes: Buffer, offset: number): number | undefined {
  return bytes[offset]
}

function u16(bytes: Buffer, offset: number): number | undefined {
  return offset + 2 <= bytes.length ? bytes.readUInt16LE(offset) : undefined
}

function u32(bytes: Buffer, offset: number): number | undefined {
  return offset + 4 <= bytes.length ? bytes.readUInt32LE(offset) : undefined
}

/** All ones, which the kernel writes for a rate without limit, is undefined. */
function u64(bytes: Buffer, offset: number): number | undefined {
  if (offset + 8 > bytes.length) return undefined
  const value = bytes.readUInt32LE(offset + 4) * 2 ** 32 + bytes.readUInt32LE(offset)
  return value === 2 ** 64 ? undefined : value
}
