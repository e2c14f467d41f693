import type { TcpSample } from '../../../src/flowd/sample.ts'
import { SocketRecord } from '../../../src/linux/sock-diag/socket-record.ts'
import { plainTcpInfo, readTcpInfo, type TcpInfo } from '../../../src/linux/sock-diag/tcp-info.ts'

/** A sample in which every field of `tcp_info` is undefined but those given. */
export function sampleOf(tcpInfo: Partial<TcpInfo> = {}, change: Partial<TcpSample> = {}): TcpSample {
  return {
    source: 'netlink',
    takenUs: 1_000_000,
    tcpInfo: { ...plainTcpInfo(readTcpInfo(Buffer.alloc(0))), ...tcpInfo },
    congestion: 'cubic',
    socket: undefined,
    ...change,
  }
}

/** What a socket of a current kernel tells: every field of `tcp_info` is there, all of its bytes being 1. */
export const EVERY_FIELD: TcpInfo = plainTcpInfo(readTcpInfo(Buffer.alloc(248, 1)))

/** What sock_diag told of a socket in a reply (see `SOCKET_REPLY`). */
export function socketOf(reply: Buffer): SocketRecord | undefined {
  return SocketRecord.of(reply)
}
