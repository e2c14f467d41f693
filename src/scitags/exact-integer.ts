/** What ECMAScript 2026 adds to JSON, which the compiler does not know yet. */
interface ExactJson {
  rawJSON(text: string): object
  parse(text: string, revive: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
}

const { rawJSON, parse } = JSON as unknown as ExactJson

/** An integer of any size as a value that `JSON.stringify` writes with every digit. */
export function exactInteger(value: bigint): object {
  return rawJSON(String(value))
}

/** So many digits may be beyond what a number holds exactly. */
const LONG_NUMBER = /\d{16}/

/** Whether a JSON text may hold an integer that `JSON.parse` would round. */
export function mayHoldLongIntegers(text: string): boolean {
  return LONG_NUMBER.test(text)
}

/**
 * Reads JSON with integers beyond 2^53 as `exactInteger` has them, so that they can be written again as they came.
 *
 * @throws SyntaxError
 */
export function parseExactly(text: string): unknown {
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '')
      ? exactInteger(BigInt(source ?? ''))
      : value,
  )
}
