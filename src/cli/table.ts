/** A column of a printed table: its heading and how a row fills it. */
export interface Column<Row> {
  heading: string
  value: (row: Row) => string | number
}

/**
 * Rows as an aligned table with headings, columns two spaces apart; columns of numbers are aligned on the right.
 * Control characters in a cell are replaced, since names come from the network.
 */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map(row => columns.map(column => column.value(row)))
  const texts = cells.map(line => line.map(cell => printable(String(cell))))
  const widths = columns.map((column, index) =>
    Math.max(column.heading.length, ...texts.map(line => line[index]?.length ?? 0)),
  )
  const rightAligned = columns.map(
    (_, index) => cells.length > 0 && cells.every(line => typeof line[index] === 'number'),
  )
  const format = (line: readonly string[]): string =>
    line
      .map((text, index) => (rightAligned[index] ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd()
  return `${[columns.map(column => column.heading), ...texts].map(format).join('\n')}\n`
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u{fffd}')
}
