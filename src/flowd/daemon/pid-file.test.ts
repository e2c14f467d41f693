import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../../test/support/test-folder.ts'
import { PidFile } from './pid-file.ts'

const folder = testFolder()

describe('PidFile', () => {
  it('holds the process id while it is held, folders made on the way', async () => {
    const path = join(folder, 'run/deep/flowd.pid')
    const file = new PidFile(path)
    await file.start()
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`)
    await file.stop()
    await file.stop()
    expect(existsSync(path)).toBe(false)
  })

  it('refuses to start beside a living instance, and leaves its file alone', async () => {
    const path = join(folder, 'other.pid')
    const other = spawn('sleep', ['60'])
    await once(other, 'spawn')
    writeFileSync(path, `${other.pid}\n`)
    const file = new PidFile(path)
    await expect(file.start()).rejects.toMatchObject({ code: 'ALREADY_RUNNING' })
    await file.stop()
    expect(readFileSync(path, 'utf8')).toBe(`${other.pid}\n`)
    const ended = once(other, 'exit')
    other.kill()
    await ended
    await file.start()
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`)
    await file.stop()
  })

  it('is not fooled by a process that took over the number of a dead one', async () => {
    const path = join(folder, 'reused.pid')
    const foreign = spawn('sleep', ['60'])
    await once(foreign, 'spawn')
    writeFileSync(path, `${foreign.pid}\n`)
    utimesSync(path, new Date(0), new Date(0))
    const file = new PidFile(path)
    await file.start()
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`)
    await file.stop()
    foreign.kill()
  })

  it.each(['', 'garbage\n', '0\n', '-1\n', `${process.pid}\n`])('replaces a file that says %j', async text => {
    const path = join(folder, 'stale.pid')
    writeFileSync(path, text)
    const file = new PidFile(path)
    await file.start()
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`)
    await file.stop()
  })

  it('says why the file cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '')
    const file = new PidFile(join(folder, 'file', 'flowd.pid'))
    await expect(file.start()).rejects.toMatchObject({ code: 'PID_FILE_UNWRITABLE' })
  })
})
