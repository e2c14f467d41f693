import { readFileSync } from 'node:fs'
import type { SocketProtocol } from './request.ts'

const TABLES = ['/proc/thread-self/net/sockstat', '/proc/thread-self/net/sockstat6'] as const

/**
 * How many sockets of a protocol are in use in the process's network namespace, of both families, TIME_WAIT not counted
 * (net/ipv4/proc.c). Undefined where there is no such table.
 */
export function countSockets(protocol: SocketProtocol): number | undefined {
  let sum = 0
  for (const table of TABLES) {
    let text: string
    try {
      text = readFileSync(table, 'latin1')
    } catch {
      // A kernel without IPv6 has no second table.
      return table === TABLES[0] ? undefined : sum
    }
    const name = protocol.toUpperCase()
    sum += Number(new RegExp(`^${name}6?: inuse (\\d+)`, 'm').exec(text)?.[1] ?? 0)
  }
  return sum
}
