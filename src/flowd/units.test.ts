import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { itemTables, optionsTable } from '../../tools/reference/configuration-page.ts'
import { type ConfigurationSchema, isSection } from '../common/index.ts'
import { BACKENDS } from './backends/index.ts'
import { ENRICHERS } from './enrichers/index.ts'
import { PLUGINS } from './plugins/index.ts'
import type { UnitDefinition } from './unit.ts'

type Units = Readonly<Record<string, UnitDefinition<unknown>>>

const REGISTRIES: Readonly<Record<string, Units>> = { plugins: PLUGINS, backends: BACKENDS, enrichers: ENRICHERS }

const units = Object.entries(REGISTRIES).flatMap(([folder, registry]) =>
  Object.entries(registry).map(([name, unit]) => [folder, name, unit] as const),
)

/** The keys of a section and of the sections in it, as `a.b`. */
function keysOf(schema: ConfigurationSchema, path = ''): [key: string, schema: ConfigurationSchema][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const key = `${path}${name}`
    return isSection(child) ? keysOf(child, `${key}.`) : [[key, child] as [string, ConfigurationSchema]]
  })
}

describe.each(units)('%s/%s', (folder, name, { options, ignoredKeys = {} }) => {
  const kebab = name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  const readme = readFileSync(new URL(`${folder}/${kebab}/README.md`, import.meta.url), 'utf8')

  it.each(keysOf(options))('%s has a description and a default', (_key, schema) => {
    expect(schema.description).toMatch(/\.$/)
    expect(schema.default).not.toBeUndefined()
  })

  it('has a README with its options as the schema has them', () => {
    expect(readme).toContain(optionsTable(options, 'flowd-go').join('\n'))
    for (const { table } of itemTables(options, 'flowd-go')) expect(readme).toContain(table.join('\n'))
  })

  it('names the keys that have no effect, and none that have', () => {
    for (const key of Object.keys(ignoredKeys)) {
      expect(readme).toContain(`\`${key}\``)
      expect(keysOf(options).map(([known]) => known)).not.toContain(key)
    }
  })
})
