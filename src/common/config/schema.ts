import { TEXT_FORMATS } from './formats.ts'

/**
 * What the loader reads of a JSON schema (typebox makes them). Beside the standard keywords there are five of ours:
 * `defaults` (another default for a compatibility profile), `caseInsensitive` (for choices), `secret` (never shown),
 * `form` (a pattern in words) and `unit` (for the documentation).
 */
export interface ConfigurationSchema {
  type?: string | undefined
  description?: string | undefined
  default?: unknown
  /** The default under a compatibility profile, by the profile's name. */
  defaults?: Readonly<Record<string, unknown>> | undefined
  properties?: Readonly<Record<string, ConfigurationSchema>> | undefined
  required?: readonly string[] | undefined
  patternProperties?: Readonly<Record<string, ConfigurationSchema>> | undefined
  propertyNames?: ConfigurationSchema | undefined
  items?: ConfigurationSchema | undefined
  minItems?: number | undefined
  maxItems?: number | undefined
  anyOf?: readonly ConfigurationSchema[] | undefined
  enum?: readonly unknown[] | undefined
  const?: unknown
  minimum?: number | undefined
  maximum?: number | undefined
  minLength?: number | undefined
  maxLength?: number | undefined
  pattern?: string | undefined
  /** What a text of the pattern looks like, for those who do not read patterns. */
  form?: string | undefined
  format?: string | undefined
  caseInsensitive?: boolean | undefined
  secret?: boolean | undefined
  unit?: string | undefined
}

/** The words that a schema of choices allows, or undefined when it is no such schema. */
export function choicesOf(schema: ConfigurationSchema): string[] | undefined {
  if (schema.enum !== undefined) return schema.enum.map(String)
  if (typeof schema.const === 'string') return [schema.const]
  if (schema.anyOf?.every(option => typeof option.const === 'string')) return schema.anyOf.map(one => String(one.const))
  return undefined
}

/** Whether the schema is a section: keys with schemas of their own. */
export function isSection(schema: ConfigurationSchema): boolean {
  return schema.properties !== undefined
}

/** The schema of the values of a free-keyed map, or undefined when it is no such map. */
export function dictionaryValues(schema: ConfigurationSchema): ConfigurationSchema | undefined {
  return schema.patternProperties === undefined ? undefined : Object.values(schema.patternProperties)[0]
}

/** Completes "expected …": what a value of the schema looks like. */
export function describeExpected(schema: ConfigurationSchema): string {
  const choices = choicesOf(schema)
  if (choices !== undefined) return choices.length === 1 ? `'${choices[0]}'` : `one of ${choices.join(', ')}`
  if (schema.anyOf !== undefined) return schema.anyOf.map(describeExpected).join(' or ')
  switch (schema.type) {
    case 'object':
      return 'a section of keys and values'
    case 'array':
      return `a list${schema.minItems ? ` of at least ${schema.minItems} item${schema.minItems === 1 ? '' : 's'}` : ''}`
    case 'integer':
      return `an integer${range(schema)}`
    case 'number':
      return `a number${range(schema)}`
    case 'boolean':
      return 'true or false'
    default:
      return describeText(schema)
  }
}

function describeText(schema: ConfigurationSchema): string {
  const format = schema.format === undefined ? undefined : TEXT_FORMATS[schema.format]
  if (format !== undefined) return format.description
  if (schema.form !== undefined) return schema.form
  if (schema.pattern !== undefined) return `text like ${schema.pattern}`
  const atMost = schema.maxLength === undefined ? '' : ` of at most ${schema.maxLength} characters`
  return schema.minLength === undefined ? `text${atMost}` : `text${atMost} that is not empty`
}

function range({ minimum, maximum }: ConfigurationSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  return maximum === undefined ? '' : ` of at most ${maximum}`
}
