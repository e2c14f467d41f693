import { Option } from 'commander'
import { type Column, formatTable } from './table.ts'

export const OUTPUT_FORMATS = ['table', 'json', 'jsonl'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

/** The option `-o, --output` with the formats that a command knows. */
export function outputOption(formats: readonly OutputFormat[] = OUTPUT_FORMATS): Option {
  return new Option('-o, --output <format>', 'how to print').choices(formats).default('table')
}

/**
 * Rows in the format asked for: an aligned table, no wider than a terminal, one JSON array, or one JSON object a
 * line.
 */
export function formatRows<Row>(
  format: OutputFormat,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  maxWidth?: number,
): string {
  if (format === 'table') return formatTable(columns, rows, maxWidth)
  if (format === 'json') return `${JSON.stringify(rows, null, 2)}\n`
  return rows.map(row => `${JSON.stringify(row)}\n`).join('')
}
