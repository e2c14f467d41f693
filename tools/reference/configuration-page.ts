import { type ConfigurationSchema, describeExpected, isSection } from '../../src/common/index.ts'

export interface ConfigurationPage {
  title: string
  /** Paragraphs above the tables. */
  introduction: readonly string[]
  schema: ConfigurationSchema
  /** A compatibility profile whose differing defaults get a column. */
  profile?: string
}

/** A reference page of a configuration file: one table a section, from the schema that reads it. */
export function configurationPage({ title, introduction, schema, profile }: ConfigurationPage): string {
  return [
    `# ${title}`,
    '',
    ...introduction.flatMap(paragraph => [paragraph, '']),
    ...section(schema, '', profile),
  ].join('\n')
}

function section(schema: ConfigurationSchema, path: string, profile: string | undefined): string[] {
  const sections = Object.entries(schema.properties ?? {}).filter(([, child]) => isSection(child))
  const heading = path === '' ? ['## Top level', ''] : [`## ${path}`, '', `${schema.description ?? ''}`, '']
  const table = optionsTable(schema, profile)
  const subsections = sections.flatMap(([name, child]) =>
    section(child, path === '' ? name : `${path}.${name}`, profile),
  )
  const items = itemTables(schema, profile).flatMap(({ name, table }) => [`### ${path}.${name}[]`, '', ...table, ''])
  return [...heading, ...(table.length === 0 ? [] : [...table, '']), ...items, ...subsections]
}

/** For each key of a section that is a list of sections: the table of what one item holds. */
export function itemTables(
  schema: ConfigurationSchema,
  profile: string | undefined,
): readonly { name: string; table: string[] }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, { items }]) =>
    items !== undefined && isSection(items) ? [{ name, table: optionsTable(items, profile) }] : [],
  )
}

/** The table of a section's own keys, a line each; empty when it has none. */
export function optionsTable(schema: ConfigurationSchema, profile: string | undefined): string[] {
  const values = Object.entries(schema.properties ?? {}).filter(([, child]) => !isSection(child))
  if (values.length === 0) return []
  const extra = profile === undefined ? '' : ` default of ${profile} |`
  return [
    `| key | takes | default |${extra} meaning |`,
    profile === undefined ? '|---|---|---|---|' : '|---|---|---|---|---|',
    ...values.map(([name, child]) => row(name, child, profile)),
  ]
}

function row(name: string, schema: ConfigurationSchema, profile: string | undefined): string {
  const unit = schema.unit === undefined ? '' : ` (${schema.unit})`
  const other = profile === undefined ? undefined : schema.defaults?.[profile]
  const extra = profile === undefined ? '' : ` ${other === undefined ? '' : `\`${JSON.stringify(other)}\``} |`
  const preset = schema.default === undefined ? 'none' : `\`${JSON.stringify(schema.default)}\``
  return `| \`${name}\` | ${cell(describeExpected(schema))}${unit} | ${preset} |${extra} ${cell(schema.description ?? '')} |`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ')
}
