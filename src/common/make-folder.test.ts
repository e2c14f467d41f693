import { execFileSync } from 'node:child_process'
import { statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/test-folder.ts'
import { makeFolder } from './make-folder.ts'

const home = testFolder()

describe('makeFolder', () => {
  it('makes what is missing, with the mode, and leaves what is there', () => {
    const path = join(home, 'a/b/c')
    makeFolder(path, 0o700)
    makeFolder(path, 0o755)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(home, 'a')).mode & 0o777).toBe(0o700)
  })

  it('says why not', () => {
    writeFileSync(join(home, 'file'), '')
    symlinkSync(join(home, 'nowhere/at/all'), join(home, 'dangling'))
    expect(() => makeFolder(join(home, 'file/below'))).toThrow(/ENOTDIR/)
    expect(() => makeFolder(join(home, 'dangling/below'))).toThrow(/ENOENT/)
  })

  it('gives up where the kernel makes none', () => {
    // In a process of its own: one that never returns cannot be stopped from within.
    const script = `import { makeFolder } from '${new URL('make-folder.ts', import.meta.url).href}'
      try { makeFolder('/proc/nothing-here/below') } catch (error) { console.log(error.code) }`
    const says = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 60_000,
      killSignal: 'SIGKILL',
      encoding: 'utf8',
    })
    expect(says.trim()).toBe('ENOENT')
  })
})
