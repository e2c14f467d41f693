export interface Family {
  name: string
  type: string
  help: string
  labels: string[]
}

/** The families of a scrape in Prometheus' text format, with the labels of the first series that has some. */
export function familiesOf(text: string): Family[] {
  const families: Family[] = []
  for (const line of text.split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (keyword === 'HELP') families.push({ name, type: '', help: rest, labels: [] })
    const family = families.at(-1)
    if (family === undefined) continue
    if (keyword === 'TYPE') family.type = rest
    if (keyword === undefined && family.labels.length === 0) {
      family.labels = [...line.matchAll(/([a-z_]+)="/g)].map(match => match[1] ?? '').filter(label => label !== 'le')
    }
  }
  return families
}

/** A table of families. */
export function familyTable(families: readonly Family[]): string[] {
  return [
    '| name | type | labels | meaning |',
    '|---|---|---|---|',
    ...families.map(({ name, type, labels, help }) => {
      return `| \`${name}\` | ${type} | ${labels.map(label => `\`${label}\``).join(', ') || '–'} | ${help} |`
    }),
  ]
}
