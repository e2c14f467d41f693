import { readTcpInfo, type SocketRecord, type TcpInfo } from '../../../linux/index.ts'
import type { TimestampUs } from '../../../scitags/index.ts'
import type { TcpSample } from '../../sample.ts'

/** Of a socket without `tcp_info`: every field is undefined. */
const NO_TCP_INFO = readTcpInfo(Buffer.alloc(0))

/** What was read of a socket, each part decoded when somebody asks for it. */
export class SocketSample implements TcpSample {
  readonly source = 'netlink'
  readonly takenUs: TimestampUs
  readonly socket: SocketRecord
  /** Where `tcp_info` is; elsewhere only when the socket has died since. */
  readonly #statistics: SocketRecord
  #tcpInfo: TcpInfo | undefined

  /** @param death what the kernel told of the socket's end, which holds nothing but the final `tcp_info` */
  constructor(socket: SocketRecord, takenUs: TimestampUs, death: SocketRecord = socket) {
    this.socket = socket
    this.takenUs = takenUs
    this.#statistics = death
  }

  get tcpInfo(): TcpInfo {
    this.#tcpInfo ??= this.#statistics.tcpInfo ?? NO_TCP_INFO
    return this.#tcpInfo
  }

  get congestion(): string | undefined {
    return this.socket.congestion
  }
}
