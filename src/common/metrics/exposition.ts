/** What stands above the samples of a metric. */
export interface Family {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
}

/** The head of a family in the Prometheus text format 0.0.4. */
export function familyHead({ name, help, type }: Family): string {
  return `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${type}\n`
}

/** Labels as they stand between the braces: `a="x",b="y"`. */
export function labelText(names: readonly string[], values: readonly string[]): string {
  return names.map((name, index) => `${name}="${escapeLabel(values[index] ?? '')}"`).join(',')
}

/** One line. `labels` is what `labelText` gives; empty for none. */
export function sampleLine(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${value}\n` : `${name}{${labels}} ${value}\n`
}

function escapeLabel(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n') : value
}
