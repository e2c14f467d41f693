import { SocketTable } from '../../linux/index.ts'
import type { FiveTuple } from '../../scitags/index.ts'
import { noSocketProbe, type SocketProbe, type SocketVerdict } from './socket-probe.ts'

/** TCP states in which no more data will come or go. */
const PAST_STATES: ReadonlySet<string> = new Set(['TIME_WAIT', 'CLOSE'])

/** A probe of this host's sockets and what closes it. */
export interface KernelSockets {
  probe: SocketProbe
  close(): void
}

/**
 * Looks for sockets by sock_diag in the process's network namespace. Where that is not to be had (another platform, a
 * kernel without the module), the verdict is `unknown`.
 *
 * @param onFailure is told the first failure
 */
export function openKernelSockets(onFailure: (error: unknown) => void): KernelSockets {
  let told = false
  const tell = (error: unknown): void => {
    if (!told) onFailure(error)
    told = true
  }
  let table: SocketTable
  try {
    table = SocketTable.open()
  } catch (error) {
    tell(error)
    return { probe: noSocketProbe, close: () => undefined }
  }
  const probe: SocketProbe = flow => {
    try {
      return verdictOf(table, flow)
    } catch (error) {
      tell(error)
      return 'unknown'
    }
  }
  return { probe, close: () => table.close() }
}

function verdictOf(table: SocketTable, flow: FiveTuple): SocketVerdict {
  const socket = table.lookup(flow)
  if (socket === undefined) return 'gone'
  return flow.protocol === 'tcp' && PAST_STATES.has(socket.state) ? 'gone' : 'alive'
}
