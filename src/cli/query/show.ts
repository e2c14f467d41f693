import type { OutputFormat } from '../output.ts'
import { type Column, type ColumnLayout, formatHeadings, formatRow, formatTable, layoutOf } from '../table.ts'
import { columnsOf, type Query } from './query.ts'
import type { ShowRows } from './run-query.ts'

/** Where a watch is shown. */
export interface Screen {
  write(text: string): void
  isTerminal: boolean
  /** Its size now, when it is a terminal. */
  size(): { columns: number; rows: number }
}

/** Terminal control: cursor home, and clear from there. ECMA-48, CUP and ED. */
const HOME_AND_CLEAR = '\u001b[H\u001b[J'

/** How a watch is shown: a table that is drawn again on a terminal, else a line for each row that is new or changed. */
export function showOn<Row>(
  screen: Screen,
  query: Query<Row>,
  { output, includeEnded }: { output: OutputFormat; includeEnded: boolean },
): ShowRows<Row> {
  const columns = columnsOf(query, includeEnded)
  if (output !== 'table') return showChanged(query, row => screen.write(`${JSON.stringify(row)}\n`))
  if (screen.isTerminal) return rows => drawTable(screen, columns, rows)
  let layout: ColumnLayout[] | undefined
  const showLine = showChanged(query, row => screen.write(formatRow(columns, layout ?? [], row)))
  return rows => {
    // The first rows say how wide the columns are.
    if (layout === undefined && rows.length === 0) return
    if (layout === undefined) {
      layout = layoutOf(columns, rows)
      screen.write(formatHeadings(columns, layout))
    }
    showLine(rows)
  }
}

function drawTable<Row>(screen: Screen, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const { columns: width, rows: height } = screen.size()
  const lines = formatTable(columns, rows, width).trimEnd().split('\n')
  const fitting = lines.length < height ? lines : [...lines.slice(0, height - 2), `… ${lines.length - height + 2} more`]
  screen.write(`${HOME_AND_CLEAR}${fitting.map(line => line.slice(0, width)).join('\n')}\n`)
}

/** Shows a row when it was not there before, or was different. */
function showChanged<Row>(query: Query<Row>, show: (row: Row) => void): ShowRows<Row> {
  let known = new Map<string, string>()
  return rows => {
    const now = new Map(rows.map(row => [query.key(row), JSON.stringify(row)]))
    for (const row of rows) {
      const key = query.key(row)
      if (known.get(key) !== now.get(key)) show(row)
    }
    known = now
  }
}
