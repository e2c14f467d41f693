import type { TcpInfo } from '../../../../linux/index.ts'
import { exactInteger } from '../../../../scitags/index.ts'

export type TcpField = keyof TcpInfo

/** What the kernel writes for a rate without limit; `TcpInfo` leaves it undefined. */
const UNLIMITED = exactInteger(2n ** 64n - 1n)
const RATES: ReadonlySet<TcpField> = new Set(['pacingRate', 'maxPacingRate'])

/** A field as an integer in JSON: flags are 0 or 1, and what the kernel does not tell is 0, as flowd-go writes it. */
export function integerOf(info: TcpInfo, field: TcpField): number | object {
  const value = info[field]
  if (value === undefined) return RATES.has(field) ? UNLIMITED : 0
  return wholeNumber(Number(value))
}

/** A number that JSON shows with every digit, also beyond 2^53. */
export function wholeNumber(value: number): number | object {
  return Number.isSafeInteger(value) ? value : exactInteger(BigInt(value))
}

/** The fields of a table (name in JSON → field) as an object in the table's order. */
export function fieldsOf(info: TcpInfo, table: Readonly<Record<string, TcpField>>): object {
  return Object.fromEntries(Object.entries(table).map(([name, field]) => [name, integerOf(info, field)]))
}

/** Whether the kernel told of TCP at all: it does not for UDP sockets. */
export function isTold(info: TcpInfo): boolean {
  return info.state !== undefined
}
