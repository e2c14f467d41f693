import type { TcpSample } from '../../../src/flowd/sample.ts'
import { decodeTcpInfo, type TcpInfo } from '../../../src/linux/sock-diag/tcp-info.ts'

/** A sample in which every field of `tcp_info` is undefined but those given. */
export function sampleOf(tcpInfo: Partial<TcpInfo> = {}, change: Partial<TcpSample> = {}): TcpSample {
  return {
    source: 'netlink',
    takenUs: 1_000_000,
    tcpInfo: { ...decodeTcpInfo(Buffer.alloc(0)), ...tcpInfo },
    congestion: 'cubic',
    socket: undefined,
    ...change,
  }
}
