/** `JSON.rawJSON` of ECMAScript 2026, which the compiler does not know yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object }

/** An integer of any size as a value that `JSON.stringify` writes with every digit. */
export function exactInteger(value: bigint): object {
  return rawJSON(String(value))
}
