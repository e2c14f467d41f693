import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { createProgram } from '../../src/cli/program.ts'
import { CollectorConfiguration } from '../../src/collector/configuration.ts'
import { type ConfigurationSchema, isSection, parseConfiguration } from '../../src/common/index.ts'
import { FLOWD_CONFIGURATION } from '../../src/flowd/index.ts'
import { commandPages } from './command-pages.ts'
import { configurationPage } from './configuration-pages.ts'
import { renderPage } from './roff.ts'
import { sampleConfiguration } from './sample-configuration.ts'

const schemas: [string, ConfigurationSchema][] = [
  ['flowd', FLOWD_CONFIGURATION],
  ['collector', CollectorConfiguration],
]

describe('the sample configuration', () => {
  it.each(schemas)('of %s has no effect as it is', (_, schema) => {
    const lines = sampleConfiguration(schema).split('\n')
    expect(lines.filter(line => line !== '' && !line.startsWith('#'))).toEqual([])
  })

  it.each(schemas)('of %s is valid with every key turned on', (name, schema) => {
    const text = sampleConfiguration(schema).replace(/^# /gm, '')
    const { warnings } = parseConfiguration(schema as never, text, `${name}.yaml`)
    expect(warnings).toEqual([])
  })
})

describe('the keys of the sample configuration', () => {
  /** Every key of a schema, with the names of the sections above it. */
  const keysOf = (schema: ConfigurationSchema, prefix = ''): string[] =>
    Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
      isSection(child) ? keysOf(child, `${prefix}${name}.`) : [`${prefix}${name}`],
    )
  const sections = (schema: ConfigurationSchema): object =>
    Object.fromEntries(
      Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
        isSection(child) ? [[name, sections(child)] as const] : [],
      ),
    )

  it.each(schemas)('of %s are all that there are, each with the value that holds without it', (name, schema) => {
    const text = sampleConfiguration(schema).replace(/^# /gm, '')
    const written = parse(text) as Record<string, unknown>
    const lookUp = (key: string) =>
      key.split('.').reduce<unknown>((section, word) => (section as Record<string, unknown>)[word], written)
    const keys = keysOf(schema)
    expect(keys.length).toBeGreaterThan(20)
    expect(keys.filter(key => lookUp(key) === undefined)).toEqual([])
    const values = (source: string) => parseConfiguration(schema as never, source, `${name}.yaml`).values
    expect(values(text)).toEqual(values(JSON.stringify(sections(schema))))
  })
})

describe('the manual', () => {
  const pages = [
    ...commandPages(createProgram('tidemark')),
    ...schemas.map(([role, schema]) => configurationPage(role as 'flowd' | 'collector', schema)),
  ]

  it('has its five pages', () => {
    expect(pages.map(page => `${page.name}(${page.section})`)).toEqual([
      'tidemark(1)',
      'tidemark-flowd(8)',
      'tidemark-collector(8)',
      'tidemark-flowd.yaml(5)',
      'tidemark-collector.yaml(5)',
    ])
  })

  it.each(pages)('$name: no text is read as a macro', page => {
    const source = renderPage(page, '1.0.0', '2026-01-01')
    const macros = source.split('\n').filter(line => /^[.']/.test(line))
    expect(macros.filter(line => !/^\.(TH|SH|SS|PP|TP|B|nf|fi|RS|RE)\b/.test(line))).toEqual([])
  })
})
