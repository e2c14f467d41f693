import { readFileSync } from 'node:fs'
import { addressBytes } from './ip-address.ts'

const TABLES = { 4: '/proc/thread-self/net/udp', 16: '/proc/thread-self/net/udp6' } as const

/** Columns of the tables (proc_pid_net(5)), as white space parts them. */
const COLUMN = { inode: 9, drops: 12 } as const

/** What the kernel's table tells of a UDP socket. */
export interface UdpRow {
  /** The socket's number, as in the names of its file descriptors. */
  inode: string
  /** Datagrams dropped since it was opened, because its receive buffer was full. */
  drops: number
}

/** The row of a bound UDP socket; undefined where there is no such socket, or no such table. */
export function udpRow(address: string, port: number): UdpRow | undefined {
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
  const row = table.slice(table.lastIndexOf('\n', at) + 1, table.indexOf('\n', at))
  const columns = row.trim().split(/ +/)
  return { inode: columns[COLUMN.inode] ?? '', drops: Number(columns[COLUMN.drops]) }
}

/** Words of 32 bits in the order of this machine, which is little-endian on x64 and arm64 alike. */
function tableAddress(bytes: Buffer): string {
  return Buffer.from(bytes).swap32().toString('hex').toUpperCase()
}
