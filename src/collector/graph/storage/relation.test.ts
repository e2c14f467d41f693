import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PARENT_FIELDS, Relation } from './relation.ts'
import { Rows } from './rows.ts'

const ROWS = 12

test('the reverse of a relation holds whoever refers, in the order in which they came', () => {
  const step = fc.record({ row: fc.integer({ min: 1, max: ROWS }), to: fc.integer({ min: 0, max: ROWS }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), steps => {
      const rows = new Rows()
      const relation = new Relation(rows, PARENT_FIELDS)
      const expected = new Map<number, number[]>()
      for (let row = 1; row <= ROWS; row += 1) expected.set(rows.allocate(), [])
      for (const { row, to } of steps) {
        const former = relation.unlink(row)
        for (const referring of expected.values()) {
          if (referring.includes(row)) referring.splice(referring.indexOf(row), 1)
        }
        expect(former === 0 || expected.has(former)).toBe(true)
        if (to === 0) continue
        relation.link(row, to)
        expected.get(to)!.push(row)
      }
      for (const [to, referring] of expected) {
        expect([...relation.referring(to)]).toEqual(referring)
        expect(relation.hasAny(to)).toBe(referring.length > 0)
        for (const row of referring) expect(relation.of(row)).toBe(to)
      }
    }),
  )
})
