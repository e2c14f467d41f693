import { isIPv4, isIPv6 } from 'node:net'

export type AddressFamily = 'ipv4' | 'ipv6'

/** The family of an address in text form. */
export function addressFamily(address: string): AddressFamily {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}

/**
 * The one text form of an address: dotted quad for IPv4, RFC 5952 for IPv6 (IPv4-mapped ones as `::ffff:10.0.0.1`), so
 * that equal addresses are equal texts. A zone (`fe80::1%eth0`) is kept as it is written. Undefined for what is no
 * address; a dotted quad with leading zeros is none, because some read it as octal.
 */
export function canonicalAddress(text: string): string | undefined {
  if (!text.includes(':')) return isIPv4(text) ? detached(text) : undefined
  const known = recent.get(text)
  if (known !== undefined) return known
  const address = withoutZone(text)
  if (!isIPv6(text) || text.length - address.length > ZONE_LENGTH) return undefined
  const canonical = detached(formatGroups(readGroups(address)) + text.slice(address.length))
  if (recent.size === RECENT_ADDRESSES) recent.clear()
  recent.set(detached(text), canonical)
  return canonical
}

/** Of `%` and the name of an interface (IFNAMSIZ, without its final NUL). */
const ZONE_LENGTH = 16

const RECENT_ADDRESSES = 4096

/** Texts seen lately: hosts speak of the same few addresses again and again. */
const recent = new Map<string, string>()

/** Holds the longest text of an address with its zone. */
const scratch = Buffer.alloc(64)

/**
 * The same text on its own. What is cut out of a longer text keeps all of that in memory, and a flow may live for days.
 */
function detached(text: string): string {
  return scratch.toString('latin1', 0, scratch.write(text, 'latin1'))
}

/** The address without its zone: what packets and messages carry. */
export function withoutZone(address: string): string {
  const percent = address.indexOf('%')
  return percent === -1 ? address : address.slice(0, percent)
}

const GROUPS = 8

/** The eight 16-bit groups of a valid IPv6 address. */
function readGroups(text: string): number[] {
  const [head = '', tail] = text.split('::')
  const left = readSide(head)
  if (tail === undefined) return left
  const right = readSide(tail)
  return [...left, ...new Array<number>(GROUPS - left.length - right.length).fill(0), ...right]
}

function readSide(side: string): number[] {
  if (side === '') return []
  const groups: number[] = []
  for (const part of side.split(':')) {
    if (part.includes('.')) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
      groups.push((a << 8) | b, (c << 8) | d)
    } else groups.push(Number.parseInt(part, 16))
  }
  return groups
}

function formatGroups(groups: readonly number[]): string {
  if (isMapped(groups)) return `::ffff:${quad(groups)}`
  const { start, length } = longestZeroRun(groups)
  if (length < 2) return hex(groups, 0, GROUPS)
  return `${hex(groups, 0, start)}::${hex(groups, start + length, GROUPS)}`
}

function hex(groups: readonly number[], from: number, to: number): string {
  let text = ''
  for (let index = from; index < to; index += 1) {
    text += index === from ? (groups[index] ?? 0).toString(16) : `:${(groups[index] ?? 0).toString(16)}`
  }
  return text
}

function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every(group => group === 0)
}

function quad(groups: readonly number[]): string {
  const [high = 0, low = 0] = groups.slice(6)
  return `${high >>> 8}.${high & 0xff}.${low >>> 8}.${low & 0xff}`
}

/** The first of the longest runs of zero groups. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  const longest = { start: 0, length: 0 }
  let length = 0
  for (let index = 0; index < GROUPS; index += 1) {
    length = groups[index] === 0 ? length + 1 : 0
    if (length > longest.length) {
      longest.length = length
      longest.start = index - length + 1
    }
  }
  return longest
}
