import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { REFERENCE_PAGES } from './reference/pages.ts'

describe('the generated reference', () => {
  it.each(Object.entries(REFERENCE_PAGES))("%s is current ('make docs' renews it)", async (path, page) => {
    expect(readFileSync(path, 'utf8')).toBe(await page())
  })
})
