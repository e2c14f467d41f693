import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A folder for the tests of a file or of a `describe`, removed with all that is in it when they are over. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
