import type { ConfigurationSchema } from './schema.ts'

const HIDDEN = '(hidden)'

/** A value as messages and `check` show it: secrets hidden, and passwords inside URLs too. */
export function displayValue(schema: ConfigurationSchema, value: unknown): string {
  if (schema.secret === true) return HIDDEN
  if (typeof value === 'string') return `'${hideUrlPassword(value)}'`
  if (typeof value === 'bigint') return value.toString()
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? hideUrlPassword(inner) : inner))
}

/** The same value with what is secret in it replaced, for output as JSON. */
export function redacted(schema: ConfigurationSchema, value: unknown): unknown {
  if (schema.secret === true) return HIDDEN
  if (typeof value === 'string') return hideUrlPassword(value)
  if (Array.isArray(value)) return value.map(item => redacted(schema.items ?? {}, item))
  return value
}

function hideUrlPassword(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/[^/@:]*):[^/@]*@/i, `$1:${HIDDEN}@`)
}
