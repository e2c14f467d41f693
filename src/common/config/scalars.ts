import { TEXT_FORMATS } from './formats.ts'
import { type ConfigurationSchema, choicesOf } from './schema.ts'
import type { SourceScalar } from './source-tree.ts'

/**
 * A scalar of the file as the schema wants it, by flowd-go's typing rules: integers take floats (cut) and quoted
 * numbers, booleans only true and false, text anything as it is written. Undefined when it does not fit.
 */
export function readScalar(schema: ConfigurationSchema, scalar: SourceScalar): string | number | boolean | undefined {
  const choices = choicesOf(schema)
  if (choices !== undefined) return chooseFrom(choices, scalar.text, schema.caseInsensitive === true)
  if (schema.anyOf !== undefined) {
    for (const option of schema.anyOf) {
      const value = readScalar(option, scalar)
      if (value !== undefined) return value
    }
    return undefined
  }
  switch (schema.type) {
    case 'integer':
      return inRange(schema, cut(numberOf(scalar)))
    case 'number':
      return inRange(schema, numberOf(scalar))
    case 'boolean':
      return typeof scalar.value === 'boolean' ? scalar.value : undefined
    case 'string':
      return fits(schema, scalar.text) ? scalar.text : undefined
    default:
      return undefined
  }
}

/** Whether a text satisfies the schema's format, pattern and length. */
export function fits(schema: ConfigurationSchema, text: string): boolean {
  if (schema.minLength !== undefined && text.length < schema.minLength) return false
  if (schema.maxLength !== undefined && text.length > schema.maxLength) return false
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(text)) return false
  const format = schema.format === undefined ? undefined : TEXT_FORMATS[schema.format]
  return format === undefined || format.accepts(text)
}

function chooseFrom(choices: readonly string[], text: string, caseInsensitive: boolean): string | undefined {
  if (!caseInsensitive) return choices.find(choice => choice === text)
  return choices.find(choice => choice.toLowerCase() === text.toLowerCase())
}

function numberOf({ value }: SourceScalar): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string' || !/^[-+]?(\d+\.?\d*|\.\d+|0x[\da-f]+|0o[0-7]+)$/i.test(value)) return undefined
  return Number(value)
}

function cut(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.trunc(value) + 0
}

function inRange(schema: ConfigurationSchema, value: number | undefined): number | undefined {
  if (value === undefined || !Number.isFinite(value)) return undefined
  if (schema.type === 'integer' && !Number.isSafeInteger(value)) return undefined
  if (schema.minimum !== undefined && value < schema.minimum) return undefined
  if (schema.maximum !== undefined && value > schema.maximum) return undefined
  return value
}
