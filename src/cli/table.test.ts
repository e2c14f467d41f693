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

describe('a table on a terminal', () => {
  const names = [
    { name: '0/east-skupper-router-jmpgrszcj7-d4kgs', octets: 1 },
    { name: 'short', octets: 22 },
  ]
  const three: Column<(typeof names)[number]>[] = [
    { heading: 'name', value: row => row.name },
    { heading: 'octets', value: row => row.octets },
    { heading: 'host', value: row => row.name.slice(2, 14) },
  ]

  it('takes the middle out of the longest texts until its lines fit', () => {
    expect(formatTable(three, names, 40)).toBe(
      [
        'name                octets  host',
        '0/east-sk…j7-d4kgs       1  east-skupper',
        'short                   22  ort',
        '',
      ].join('\n'),
    )
  })

  it('keeps eight characters of a text, and numbers whole, however narrow it is', () => {
    expect(formatTable(three, names, 10)).toBe(
      ['name      octets  host', '0/ea…kgs       1  east…per', 'short         22  ort', ''].join('\n'),
    )
  })

  it('is not cut where it fits, nor where nobody says how wide it may be', () => {
    expect(formatTable(three, names, 200)).toBe(formatTable(three, names))
    expect(formatTable(three, names)).toContain('0/east-skupper-router-jmpgrszcj7-d4kgs')
  })
})

it('leaves out an optional column that no row fills', () => {
  const optional: Column<Row> = {
    heading: 'RATE',
    value: ({ octets }) => (octets > 500 ? octets : undefined),
    isOptional: true,
  }
  expect(formatTable([columns[0]!, optional], rows)).toMatch(/^NAME +RATE\na +1000\nlonger-name\n$/)
  expect(formatTable([columns[0]!, optional], rows.slice(1))).toBe('NAME\nlonger-name\n')
})

it('leaves numbers on the right where some cells are empty', () => {
  const cost: Column<Row> = { heading: 'COST', value: ({ octets }) => (octets > 500 ? octets : undefined) }
  expect(formatTable([cost, columns[0]!], rows)).toBe('COST  NAME\n1000  a\n      longer-name\n')
})
