import { NETLINK, NetlinkListener } from '../netlink/index.ts'
import { IPPROTO, SOCK_DIAG_BY_FAMILY, type SocketProtocol } from './request.ts'
import { SocketRecord } from './socket-record.ts'

/** SKNLGRP_INET_TCP_DESTROY, INET_UDP_DESTROY, INET6_TCP_DESTROY, INET6_UDP_DESTROY (linux/sock_diag.h). */
const GROUPS = [1, 2, 3, 4]

/** A message is some 400 bytes; `tcp_info` grows. */
const MESSAGE_BYTES = 1024

/** Holds some 30,000 messages (each takes twice its length and more), seconds of a very busy host. */
const RECEIVE_BUFFER_BYTES = 16 * 1024 * 1024

const REST_MS = 20

const PROTOCOLS = new Map<number | undefined, SocketProtocol>([
  [IPPROTO.tcp, 'tcp'],
  [IPPROTO.udp, 'udp'],
])

export interface SocketDeathListener {
  /**
   * A socket is no more. The record, valid during the call only, holds addresses, ports, cookie and `tcpInfo` of its
   * last moment, so its totals are final; of the other parts it has none. The FIN of the peer counts as one more byte
   * received.
   */
  onDeath(protocol: SocketProtocol, record: SocketRecord): void
  /** So many deaths were not heard because there were too many at once; 0 when the kernel does not say how many. */
  onMissed(count: number): void
}

/**
 * Hears of every TCP and UDP socket that the kernel frees in the current network namespace (what `ss -E` shows). It
 * needs no privilege.
 *
 * A socket dies when its last holder has closed it and nothing is left to be sent. A TCP socket that closes first dies
 * when it enters TIME_WAIT, which the kernel keeps as a small record of its own; one that its peer resets dies when its
 * holder closes it. One that its own holder tears down by a reset (SO_LINGER with 0 s) has lost the remote port, the
 * local address and its totals by then. Listeners and sockets that never connected are told as well.
 */
export class SocketDeaths {
  readonly #listener: NetlinkListener

  /**
   * @param receiveBufferBytes what the kernel may hold until it is read
   * @throws TidemarkError PERMISSION_DENIED, SYSTEM_CALL_FAILED, PLATFORM_UNSUPPORTED
   */
  static open(listener: SocketDeathListener, receiveBufferBytes = RECEIVE_BUFFER_BYTES): SocketDeaths {
    return new SocketDeaths(listener, receiveBufferBytes)
  }

  private constructor(listener: SocketDeathListener, receiveBufferBytes: number) {
    this.#listener = NetlinkListener.open({
      name: 'deaths of sockets',
      family: NETLINK.SOCK_DIAG,
      groups: GROUPS,
      messageBytes: MESSAGE_BYTES,
      receiveBufferBytes,
      restMs: REST_MS,
      onMessage: ({ type, payload }) => {
        const record = type === SOCK_DIAG_BY_FAMILY ? SocketRecord.of(payload) : undefined
        const protocol = PROTOCOLS.get(record?.ipProtocol)
        if (record !== undefined && protocol !== undefined) listener.onDeath(protocol, record)
      },
      onMissed: count => listener.onMissed(count),
    })
  }

  /** Tells nothing more. Idempotent. */
  close(): void {
    this.#listener.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
