import { udpRow } from './udp-row.ts'

/**
 * How many datagrams the kernel dropped because the receive buffer of a bound UDP socket was full, since it was opened.
 * Undefined where there is no such socket, or no such table.
 */
export function udpDrops(address: string, port: number): number | undefined {
  return udpRow(address, port)?.drops
}
