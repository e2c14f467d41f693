/**
 * What a parser of this room gives: the value, or what is wrong and where. Parsers never throw, whatever their input.
 */
export type Parsed<Value> = { ok: true; value: Value } | ParseFailure

/** Why an input was refused. */
export interface ParseFailure {
  ok: false
  /** The field at fault (`flow-id.src-port`), or empty for the input as a whole. */
  field: string
  /** What is wrong with it, the offending value included. */
  problem: string
}

/** A failure with the offending value shown, cut to a length that fits a log line. */
export function refused(field: string, problem: string, value?: unknown): ParseFailure {
  return { ok: false, field, problem: value === undefined ? problem : `${problem}, got ${shown(value)}` }
}

const SHOWN_LENGTH = 80

function shown(value: unknown): string {
  const text =
    typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'a list' : 'an object') : literal(value)
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
