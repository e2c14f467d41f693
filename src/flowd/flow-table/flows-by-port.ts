import type { Endpoint, Protocol } from '../../scitags/index.ts'
import type { FlowChange } from '../flow.ts'
import type { FlowTable, LiveFlow } from './flow-table.ts'

const NONE: ReadonlySet<string> = new Set()

/**
 * What is left of a socket without a peer: a UDP one that was not connected, a TCP one that was torn down by a reset.
 */
interface LoneSocket {
  local: Endpoint
  /** The port is 0; of TCP the address is still that of the former peer. */
  remote: Endpoint
}

/** The live flows by the port of this host's end, for sockets of which the 5-tuple is not known. */
export class FlowsByPort {
  readonly #table: FlowTable
  readonly #keys: Readonly<Record<Protocol, Map<number, Set<string>>>> = { tcp: new Map(), udp: new Map() }

  constructor(table: FlowTable) {
    this.#table = table
  }

  handle({ kind, flow: { key, tuple } }: FlowChange): void {
    const ports = this.#keys[tuple.protocol]
    const { port } = tuple.source
    const keys = ports.get(port)
    if (kind === 'end') {
      keys?.delete(key)
      if (keys?.size === 0) ports.delete(port)
    } else if (keys === undefined) ports.set(port, new Set([key]))
    else keys.add(key)
  }

  /** The flows that a socket may have served. */
  *servedBy(protocol: Protocol, { local, remote }: LoneSocket): Generator<LiveFlow, void, void> {
    for (const key of this.#keys[protocol].get(local.port) ?? NONE) {
      const flow = this.#table.live(key)
      if (flow === undefined) continue
      const { source, destination } = flow.tuple
      if (!isEveryAddress(local.address) && local.address !== source.address) continue
      if (protocol === 'udp' || remote.address === destination.address) yield flow
    }
  }
}

function isEveryAddress(address: string): boolean {
  return address === '::' || address === '0.0.0.0'
}
