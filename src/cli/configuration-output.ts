import { type ConfigurationProblem, type EffectiveValue, formatProblem } from '../common/index.ts'
import { formatRows, type OutputFormat } from './output.ts'
import type { Column } from './table.ts'

const COLUMNS: readonly Column<EffectiveValue>[] = [
  { heading: 'KEY', value: row => row.key },
  { heading: 'VALUE', value: row => row.text },
  { heading: 'ORIGIN', value: row => row.origin },
]

/** Prints the values in force and where each came from. */
export function printEffectiveValues(format: OutputFormat, rows: readonly EffectiveValue[]): void {
  process.stdout.write(formatRows(format, COLUMNS, rows))
}

/** Prints what is odd about a configuration on standard error, a line each. */
export function printWarnings(warnings: readonly ConfigurationProblem[]): void {
  for (const warning of warnings) process.stderr.write(`warning: ${formatProblem(warning)}\n`)
}
