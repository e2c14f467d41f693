import { type ConfigurationSchema, describeExpected, isSection } from '../../src/common/index.ts'
import { heading, literal, type ManualPage, paragraph, term } from './roff.ts'
import { sampleConfiguration } from './sample-configuration.ts'

/** The page of a configuration file, from the schema that reads it. */
export function configurationPage(role: 'flowd' | 'collector', schema: ConfigurationSchema): ManualPage {
  const body = [
    heading('DESCRIPTION'),
    paragraph(
      `The configuration of tidemark ${role}, in YAML or JSON. Every key has a default. A section marked optional is off ` +
        'while it is absent, and on with its defaults when it is there, even when empty. A key that does not exist is ' +
        `reported with the nearest one that does; 'tidemark ${role} check' shows what is in effect and why.`,
    ),
    heading('KEYS'),
    ...keys(schema, ''),
    heading('EXAMPLE'),
    paragraph('Every key with its default:'),
    literal(sampleConfiguration(schema).trimEnd()),
    heading('SEE ALSO'),
    paragraph(`tidemark-${role}(8)`),
  ]
  return {
    name: `tidemark-${role}.yaml`,
    section: 5,
    summary: `configuration of tidemark ${role}`,
    body: body.join('\n'),
  }
}

function keys(schema: ConfigurationSchema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const key = path === '' ? name : `${path}.${name}`
    if (!isSection(child)) return [term(key, describe(child))]
    const optional = schema.required?.includes(name) ? '' : ' (optional section)'
    return [term(`${key}${optional}`, child.description ?? ''), ...keys(child, key)]
  })
}

function describe(schema: ConfigurationSchema): string {
  const fallback = schema.default === undefined ? 'none' : JSON.stringify(schema.default)
  const unit = schema.unit === undefined ? '' : ` (${schema.unit})`
  return `${schema.description ?? ''} Takes ${describeExpected(schema)}${unit}. Default: ${fallback}.`.trim()
}
