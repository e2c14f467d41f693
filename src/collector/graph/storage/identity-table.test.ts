import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IdentityTable } from './identity-table.ts'
import { Rows } from './rows.ts'

/** Identities as routers and controllers make them, and such as try what the table makes of digits. */
const identity = fc.oneof(
  fc.tuple(fc.constantFrom('fz6wq:', 'hk2pv:', '', 'a'), fc.nat({ max: 40 })).map(([prefix, n]) => `${prefix}${n}`),
  fc.stringMatching(/^[0-9a]{0,12}$/),
  fc.uuid(),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
)

describe('IdentityTable', () => {
  test('finds what a map finds, through any additions and deletions', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), identity), { maxLength: 600 }), steps => {
        const rows = new Rows()
        const table = new IdentityTable(rows)
        const expected = new Map<string, number>()
        for (const [isAdded, name] of steps) {
          const known = expected.get(name)
          expect(table.find(name)).toBe(known ?? 0)
          if (isAdded && known === undefined) {
            const row = rows.allocate()
            table.name(row, name)
            expected.set(name, row)
          } else if (!isAdded && known !== undefined) {
            table.delete(known)
            table.unname(known)
            rows.release(known)
            expected.delete(name)
          }
        }
        for (const [name, row] of expected) {
          expect(table.find(name)).toBe(row)
          expect(table.identity(row)).toBe(name)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('tells identities apart that differ in zeros and in length only', () => {
    const rows = new Rows()
    const table = new IdentityTable(rows)
    const names = ['a:1', 'a:01', 'a:10', 'a:', 'a:1234567890', '1234567890', '0', '00', '']
    for (const name of names) table.name(rows.allocate(), name)
    expect(new Set(names.map(name => table.find(name))).size).toBe(names.length)
    for (const name of names) expect(table.identity(table.find(name))).toBe(name)
  })
})
