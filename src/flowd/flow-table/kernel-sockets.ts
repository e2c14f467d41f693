import { prepareLookup, SocketDeaths, SocketLookups, SocketTable } from '../../linux/index.ts'
import type { FiveTuple } from '../../scitags/index.ts'
import { AddressInterfaces } from '../addresses/index.ts'
import { usageOf } from '../sample.ts'
import { type DeathFollower, type FollowDeaths, noSocketDeaths } from './socket-deaths.ts'
import {
  noSocketProbe,
  noSocketReading,
  type ReadSocket,
  type SocketProbe,
  type SocketReading,
  type SocketVerdict,
} from './socket-probe.ts'

/** INET_DIAG_INFO in the mask of optional parts (linux/inet_diag.h). */
const TCP_INFO = 1 << 1

const NO_SOCKETS = 'the sockets of flows cannot be looked up: a flow ends by its end event or by silence'
const NO_DEATHS = 'the kernel does not tell when sockets die: the end of a flow may be seen late'

/** What this host's kernel says of sockets, and what closes it. */
export interface KernelSockets {
  probe: SocketProbe
  read: ReadSocket
  followDeaths: FollowDeaths
  close(): void
}

/** For the time when the kernel is not asked. */
export const noKernelSockets: KernelSockets = {
  probe: noSocketProbe,
  read: noSocketReading,
  followDeaths: noSocketDeaths,
  close: () => undefined,
}

/**
 * Looks for sockets by sock_diag in the process's network namespace. Where that is not to be had (another platform, a
 * kernel without the module), the verdict is `unknown`, and no death is told.
 *
 * @param onFailure is told the first failure, with what follows from it in words
 */
export function openKernelSockets(onFailure: (error: unknown, consequence: string) => void): KernelSockets {
  let told = false
  const tell = (error: unknown, consequence: string): void => {
    if (!told) onFailure(error, consequence)
    told = true
  }
  using opened = new DisposableStack()
  let table: SocketTable
  let lookups: SocketLookups
  try {
    table = opened.use(SocketTable.open())
    lookups = SocketLookups.open()
    opened.move()
  } catch (error) {
    tell(error, NO_SOCKETS)
    return noKernelSockets
  }
  const probe: SocketProbe = flow => {
    try {
      return verdictOf(table, flow)
    } catch (error) {
      tell(error, NO_SOCKETS)
      return 'unknown'
    }
  }
  const interfaces = new AddressInterfaces()
  const read: ReadSocket = flow => {
    try {
      // A flow between other hosts has no socket here, and to know that by the address is cheapest.
      if (interfaces.of(flow.source.address) === undefined) return undefined
      return readingOf(lookups, flow)
    } catch (error) {
      tell(error, NO_SOCKETS)
      return undefined
    }
  }
  const close = () => {
    lookups.close()
    table.close()
  }
  return { probe, read, followDeaths: sharedDeaths(error => tell(error, NO_DEATHS)), close }
}

/** One listener for all followers, open while there is one. */
function sharedDeaths(onFailure: (error: unknown) => void): FollowDeaths {
  const followers = new Set<DeathFollower>()
  let deaths: SocketDeaths | undefined
  const open = () =>
    SocketDeaths.open({
      onDeath: (protocol, record) => {
        for (const follower of followers) follower.onDeath(protocol, record)
      },
      onMissed: count => {
        for (const follower of followers) follower.onMissed(count)
      },
    })
  return follower => {
    try {
      deaths ??= open()
    } catch (error) {
      onFailure(error)
    }
    followers.add(follower)
    return () => {
      followers.delete(follower)
      if (followers.size > 0) return
      deaths?.close()
      deaths = undefined
    }
  }
}

function verdictOf(table: SocketTable, flow: FiveTuple): SocketVerdict {
  return table.lookup(flow)?.isPast(flow.protocol) === false ? 'alive' : 'gone'
}

/** By a batch of one, which costs half where there is no socket. */
function readingOf(lookups: SocketLookups, flow: FiveTuple): SocketReading | undefined {
  const [socket] = lookups.find([prepareLookup(flow, TCP_INFO)])
  if (socket === undefined || socket.isPast(flow.protocol)) return undefined
  const usage = socket.tcpInfo && usageOf(socket.tcpInfo)
  return usage && { cookie: socket.cookie, usage }
}
