import { COLLECTOR_ERRORS } from './collector.ts'
import { DEMO_ERRORS } from './demo.ts'
import type { ErrorEntry } from './entry.ts'
import { FLOWD_ERRORS } from './flowd.ts'
import { GENERAL_ERRORS } from './general.ts'

/** The one table of errors: code → message, remedy, exit code, HTTP status. */
export const ERRORS = { ...GENERAL_ERRORS, ...FLOWD_ERRORS, ...COLLECTOR_ERRORS, ...DEMO_ERRORS } as const

export type ErrorCode = keyof typeof ERRORS
/** What fills the placeholders of a row, by their names. */
export type ErrorDetails = Readonly<Record<string, string | number>>

/**
 * Every failure that a user can meet. It is recognised by `code`, never by class, so that it survives bundling and
 * worker boundaries.
 */
export class TidemarkError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails
  override readonly name = 'TidemarkError'

  /**
   * @param code the row of the table
   * @param details fills the placeholders of the row's message and remedy
   * @param cause what was thrown underneath, if anything
   */
  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    const entry: ErrorEntry = ERRORS[code]
    super(fill(entry.message, details), cause === undefined ? undefined : { cause })
    this.code = code
    this.details = details
  }

  /** What the reader does about it. */
  get remedy(): string {
    return fill(this.#entry.remedy, this.details)
  }

  /** With which the command ends. */
  get exitCode(): number {
    return this.#entry.exitCode
  }

  /** Status of an answer that carries this error. */
  get httpStatus(): number {
    return this.#entry.httpStatus
  }

  get #entry(): ErrorEntry {
    return ERRORS[this.code]
  }
}

/** Whether something thrown is an error of the table, optionally of one code. */
export function isTidemarkError(thrown: unknown, code?: ErrorCode): thrown is TidemarkError {
  return (
    thrown instanceof Error &&
    thrown.name === 'TidemarkError' &&
    (code === undefined || (thrown as TidemarkError).code === code)
  )
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

function fill(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(details[name] ?? placeholder))
}
