import { expect, it } from 'vitest'
import { createLogger } from './log.ts'

it.each([
  [{ reason: 'no route' }, 'reason="no route"'],
  [{ count: 3, on: true, nothing: null }, 'count=3 on=true nothing=null'],
  [{ reasons: ['one says "no"', 'two is silent'] }, String.raw`reasons="one says \"no\"; two is silent"`],
  [{ names: [] }, 'names=""'],
  [{ mixed: [1, 'a'] }, String.raw`mixed="[1,\"a\"]"`],
])('writes %j as text', (fields, text) => {
  const lines: string[] = []
  const log = createLogger({ level: 'info', format: 'text', time: false, write: line => lines.push(line) })
  log.info(fields, 'something')
  expect(lines).toEqual([`level=INFO msg=something ${text}\n`])
})
