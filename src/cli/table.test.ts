import { describe, expect, it } from 'vitest'
import { formatRows } from './output.ts'
import { type Column, formatTable } from './table.ts'

interface Row {
  name: string
  octets: number
}

const columns: Column<Row>[] = [
  { heading: 'NAME', value: row => row.name },
  { heading: 'OCTETS', value: row => row.octets },
  { heading: 'NOTE', value: () => '' },
]
const rows: Row[] = [
  { name: 'a', octets: 1000 },
  { name: 'longer-name', octets: 7 },
]

describe('formatTable', () => {
  it('aligns text on the left and numbers on the right, without trailing blanks', () => {
    expect(formatTable(columns, rows)).toBe(
      ['NAME         OCTETS  NOTE', 'a              1000', 'longer-name       7', ''].join('\n'),
    )
  })

  it('prints the headings of an empty table', () => {
    expect(formatTable(columns, [])).toBe('NAME  OCTETS  NOTE\n')
  })

  it('lets no control character through', () => {
    expect(formatTable(columns, [{ name: '\u001b[2Jx\ny', octets: 1 }])).not.toMatch(/[^\n\P{Cc}]/u)
  })
})

describe('formatRows', () => {
  it('prints one array, or one object a line', () => {
    expect(JSON.parse(formatRows('json', columns, rows))).toEqual(rows)
    expect(
      formatRows('jsonl', columns, rows)
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as Row),
    ).toEqual(rows)
  })
})
