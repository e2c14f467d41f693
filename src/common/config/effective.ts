import { displayValue, redacted } from './display.ts'
import type { LoadedConfiguration } from './load.ts'
import { type ConfigurationSchema, isSection } from './schema.ts'
import type { Origin } from './walk.ts'

/** One row of what `check` prints. */
export interface EffectiveValue {
  key: string
  /** The value, secrets hidden; undefined for an optional section that is off. */
  value: unknown
  /** The value as text; `off` for a section that is off. */
  text: string
  /** `default`, `FILE:LINE`, `FILE:LINE (written as KEY)`, `implied by KEY`. */
  origin: string
}

/** Every effective value with its origin, in the schema's order. */
export function effectiveValues(schema: ConfigurationSchema, loaded: LoadedConfiguration<object>): EffectiveValue[] {
  const rows: EffectiveValue[] = []
  const visit = (section: ConfigurationSchema, values: object, path: string): void => {
    const byName = values as Readonly<Record<string, unknown>>
    for (const [name, child] of Object.entries(section.properties ?? {})) {
      const key = path === '' ? name : `${path}.${name}`
      const value = byName[name]
      const origin = formatOrigin(loaded.origins.get(key), loaded.file)
      if (value === undefined) rows.push({ key, value, text: 'off', origin })
      else if (isSection(child) && typeof value === 'object' && value !== null) visit(child, value, key)
      else rows.push({ key, value: redacted(child, value), text: displayValue(child, value), origin })
    }
  }
  visit(schema, loaded.values, '')
  return rows
}

function formatOrigin(origin: Origin | undefined, file: string): string {
  if (origin === undefined || origin.kind === 'default') return 'default'
  if (origin.kind === 'implied') return `implied by ${origin.by}`
  const place = `${file}:${origin.line}`
  return origin.kind === 'mapped' ? `${place} (written as ${origin.from})` : place
}
