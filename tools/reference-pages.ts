import { writeFileSync } from 'node:fs'
import { REFERENCE_PAGES } from './reference/pages.ts'

// Writes the reference pages that are generated from the code; a test holds that they are current.
for (const [path, page] of Object.entries(REFERENCE_PAGES)) {
  writeFileSync(path, await page())
  console.log(`wrote ${path}`)
}
