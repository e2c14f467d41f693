import { readFileSync } from 'node:fs'
import { addressBytes } from './ip-address.ts'

const TABLES = { 4: '/proc/thread-self/net/udp', 16: '/proc/thread-self/net/udp6' } as const

/**
 * How many datagrams the kernel dropped because the receive buffer of a bound UDP socket was full, since it was opened:
 * the column `drops` of proc_pid_net(5). Undefined where there is no such socket, or no such table.
 */
export function udpDrops(address: string, port: number): number | undefined {
  const bytes = addressBytes(address)
  // The number of the row and a colon precede the local address, and no other.
  const local = `: ${tableAddress(bytes)}:${port.toString(16).toUpperCase().padStart(4, '0')}`
  let table: string
  try {
    table = readFileSync(bytes.length === 4 ? TABLES[4] : TABLES[16], 'latin1')
  } catch {
    return undefined
  }
  const at = table.indexOf(`${local} `)
  if (at === -1) return undefined
  const end = table.indexOf('\n', at)
  return Number(table.slice(at, end).trimEnd().split(' ').at(-1))
}

/** Words of 32 bits in the order of this machine, which is little-endian on x64 and arm64 alike. */
function tableAddress(bytes: Buffer): string {
  return Buffer.from(bytes).swap32().toString('hex').toUpperCase()
}
