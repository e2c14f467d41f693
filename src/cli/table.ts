/** A column of a printed table: its heading and how a row fills it. */
export interface Column<Row> {
  heading: string
  value: (row: Row) => string | number
}

/** How wide a column is, and on which side its cells stand. */
export interface ColumnLayout {
  width: number
  isRightAligned: boolean
}

/**
 * Rows as an aligned table with headings, columns two spaces apart; columns of numbers are aligned on the right.
 * Control characters in a cell are replaced, since names come from the network.
 */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const layout = layoutOf(columns, rows)
  return [formatHeadings(columns, layout), ...rows.map(row => formatRow(columns, layout, row))].join('')
}

/** The layout that holds the headings and all cells of rows. */
export function layoutOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): ColumnLayout[] {
  return columns.map(({ heading, value }) => {
    let width = heading.length
    let isRightAligned = rows.length > 0
    for (const row of rows) {
      const cell = value(row)
      width = Math.max(width, printable(String(cell)).length)
      isRightAligned &&= typeof cell === 'number'
    }
    return { width, isRightAligned }
  })
}

/** The line of headings. */
export function formatHeadings<Row>(columns: readonly Column<Row>[], layout: readonly ColumnLayout[]): string {
  return formatLine(
    columns.map(column => column.heading),
    layout,
  )
}

/** One row as a line; a cell that does not fit the layout makes its line longer. */
export function formatRow<Row>(columns: readonly Column<Row>[], layout: readonly ColumnLayout[], row: Row): string {
  return formatLine(
    columns.map(column => printable(String(column.value(row)))),
    layout,
  )
}

function formatLine(cells: readonly string[], layout: readonly ColumnLayout[]): string {
  const padded = cells.map((cell, index) => {
    const { width = 0, isRightAligned = false } = layout[index] ?? {}
    return isRightAligned ? cell.padStart(width) : cell.padEnd(width)
  })
  return `${padded.join('  ').trimEnd()}\n`
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u{fffd}')
}
