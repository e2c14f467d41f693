import {
  decodeIpv6Frame,
  findLink,
  type Ipv6Packet,
  inNetworkNamespace,
  NETLINK,
  NetlinkSocket,
  PacketCapture,
} from '../../../src/linux/index.ts'
import type { TestNamespace } from '../namespace.ts'

/** A packet as it arrived, with the time on this process's clock (`performance.now`). */
export interface SeenPacket extends Ipv6Packet {
  seenMs: number
}

/** Watches the flow labels that arrive at an interface of a namespace. */
export class LabelWatch implements Disposable {
  readonly packets: SeenPacket[] = []
  readonly #capture: PacketCapture
  readonly #waiting = new Set<(packet: SeenPacket) => void>()

  constructor(namespace: TestNamespace, interfaceName: string) {
    this.#capture = inNetworkNamespace(namespace.path, () => {
      const netlink = NetlinkSocket.open(NETLINK.ROUTE)
      try {
        const link = findLink(netlink, interfaceName)
        if (link === undefined) throw new Error(`no interface ${interfaceName} in ${namespace.name}`)
        const capture = new PacketCapture({ interfaceIndex: link.index }, (frame, wireBytes) =>
          this.#see(frame, wireBytes),
        )
        capture.start()
        return capture
      } finally {
        netlink.close()
      }
    })
  }

  /** The next packet that satisfies the condition, from now on. */
  next(condition: (packet: SeenPacket) => boolean): Promise<SeenPacket> {
    return new Promise(resolve => {
      const look = (packet: SeenPacket): void => {
        if (!condition(packet)) return
        this.#waiting.delete(look)
        resolve(packet)
      }
      this.#waiting.add(look)
    })
  }

  /** Packets of a source port that were seen at or after a time. */
  since(ms: number, sourcePort: number): SeenPacket[] {
    return this.packets.filter(packet => packet.seenMs >= ms && packet.sourcePort === sourcePort)
  }

  [Symbol.dispose](): void {
    this.#capture.stop()
  }

  #see(frame: Buffer, wireBytes: number): void {
    const decoded = decodeIpv6Frame(frame, wireBytes)
    if (decoded === undefined) return
    const packet = { ...decoded, seenMs: performance.now() }
    this.packets.push(packet)
    for (const look of [...this.#waiting]) look(packet)
  }
}
