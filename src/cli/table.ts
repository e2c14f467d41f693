/** A column of a printed table: its heading and how a row fills it. */
export interface Column<Row> {
  heading: string
  /** Undefined leaves the cell empty. */
  value: (row: Row) => string | number | undefined
  /** Whether cells stand on the right; without it numbers do. */
  isRightAligned?: boolean
  /** Left out of a table in which no row has anything for it. */
  isOptional?: boolean
}

/** How wide a column is, and on which side its cells stand. */
export interface ColumnLayout {
  width: number
  isRightAligned: boolean
}

/** A column of text is not made narrower than this. */
const NARROWEST = 8
const GAP = '  '

/**
 * Rows as an aligned table with headings, columns two spaces apart; columns of numbers are aligned on the right.
 * Control characters in a cell are replaced, since names come from the network.
 *
 * @param maxWidth of a line, as a terminal has it: long texts lose their middle, as far as that helps
 */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], maxWidth = Infinity): string {
  const shown = columns.filter(({ isOptional, value }) => !isOptional || rows.some(row => cellOf(value(row)) !== ''))
  const layout = narrow(layoutOf(shown, rows), maxWidth)
  return [formatHeadings(shown, layout), ...rows.map(row => formatRow(shown, layout, row, maxWidth))].join('')
}

/** The layout that holds the headings and all cells of rows. */
export function layoutOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): ColumnLayout[] {
  return columns.map(({ heading, value, isRightAligned }) => {
    let width = heading.length
    let hasNumber = false
    let hasText = false
    for (const row of rows) {
      const cell = value(row)
      width = Math.max(width, cellOf(cell).length)
      hasNumber ||= typeof cell === 'number'
      hasText ||= typeof cell === 'string' && cell !== ''
    }
    return { width, isRightAligned: isRightAligned ?? (hasNumber && !hasText) }
  })
}

/** Takes from the widest column of text until a line fits. */
function narrow(layout: readonly ColumnLayout[], maxWidth: number): ColumnLayout[] {
  const narrowed = layout.map(column => ({ ...column }))
  const texts = narrowed.filter(({ isRightAligned }) => !isRightAligned)
  let excess = narrowed.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length) - maxWidth
  for (; excess > 0; excess -= 1) {
    const widest = texts.reduce((a, b) => (b.width > a.width ? b : a), { width: NARROWEST, isRightAligned: false })
    if (widest.width <= NARROWEST) break
    widest.width -= 1
  }
  return narrowed
}

/** The line of headings. */
export function formatHeadings<Row>(columns: readonly Column<Row>[], layout: readonly ColumnLayout[]): string {
  return formatLine(
    columns.map(column => column.heading),
    layout,
  )
}

/**
 * One row as a line; a cell that does not fit the layout makes its line longer.
 *
 * @param maxWidth finite: a text that does not fit loses its middle instead
 */
export function formatRow<Row>(
  columns: readonly Column<Row>[],
  layout: readonly ColumnLayout[],
  row: Row,
  maxWidth = Infinity,
): string {
  const cells = columns.map((column, index) => {
    const cell = cellOf(column.value(row))
    return maxWidth === Infinity ? cell : withoutMiddle(cell, layout[index]?.width ?? 0)
  })
  return formatLine(cells, layout)
}

/** Names of pods and routers differ at both ends. */
function withoutMiddle(text: string, width: number): string {
  if (text.length <= width) return text
  const tail = Math.floor((width - 1) / 2)
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`
}

function formatLine(cells: readonly string[], layout: readonly ColumnLayout[]): string {
  const padded = cells.map((cell, index) => {
    const { width = 0, isRightAligned = false } = layout[index] ?? {}
    return isRightAligned ? cell.padStart(width) : cell.padEnd(width)
  })
  return `${padded.join(GAP).trimEnd()}\n`
}

function cellOf(value: string | number | undefined): string {
  return value === undefined ? '' : String(value).replace(/\p{Cc}/gu, '\u{fffd}')
}
