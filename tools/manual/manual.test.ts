import { describe, expect, it } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { CollectorConfiguration } from '../../src/collector/configuration.ts'
import { type ConfigurationSchema, parseConfiguration } from '../../src/common/index.ts'
import { FLOWD_CONFIGURATION } from '../../src/flowd/index.ts'
import { bashCompletion } from '../completions.ts'
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

describe('shell completion', () => {
  it('offers the commands and flags below each command', () => {
    const script = bashCompletion(createProgram('tidemark'))
    expect(script).toMatch(/'tidemark flowd'\) words='.*run.*'/)
    expect(script).toContain('--log-level')
  })
})
