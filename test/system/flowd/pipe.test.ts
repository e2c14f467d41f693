import { execFileSync } from 'node:child_process'
import { appendFileSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { testFolder } from '../../support/test-folder.ts'

const NOBODY = 65_534
const folder = testFolder()

const START = 'start tcp 2001:db8::1 2345 2001:db8::2 5777 cms 14'

function withPipe(pipePath: string) {
  return { plugins: { namedPipe: { pipePath } } }
}

describe('flowd with its named pipe', () => {
  it('refuses a path that is a regular file, and leaves the file alone', async () => {
    const path = join(folder, 'regular')
    writeFileSync(path, 'precious')
    await using flowd = new FlowdProcess({ configuration: withPipe(path) })
    expect(await flowd.ended()).toBe(78)
    expect(flowd.stderr).toMatch(/^error PIPE_[A-Z_]+: .*regular.*\nremedy: /m)
    expect(readFileSync(path, 'utf8')).toBe('precious')
    expect(existsSync(join(flowd.folder, 'flowd.sock'))).toBe(false)
    expect(existsSync(join(flowd.folder, 'flowd.pid'))).toBe(false)
  })

  it('keeps its flows when a reload moves the pipe, and reads the new one', async () => {
    await using flowd = new FlowdProcess({ configuration: withPipe(join(folder, 'one')) })
    await flowd.ready()
    appendFileSync(join(folder, 'one'), `${START}\n`)
    await expect.poll(() => flowd.control.flows()).toHaveLength(1)
    const [before] = await flowd.control.flows()
    flowd.configure(withPipe(join(folder, 'two')))
    expect((await flowd.control.reload()).changes).toEqual(['plugin namedPipe restarted'])
    expect(existsSync(join(folder, 'one'))).toBe(false)
    appendFileSync(join(folder, 'two'), `${START.replace('2345', '2346')}\n`)
    await expect.poll(() => flowd.control.flows()).toHaveLength(2)
    expect((await flowd.control.flows())[0]).toEqual(before)
  })

  it('refuses a pipe that another flowd reads, also one of another user, until that one is gone', async () => {
    const path = join(folder, 'shared')
    const files = mkdtempSync(join(folder, 'first-'))
    for (const place of [folder, files]) chownSync(place, NOBODY, NOBODY)
    const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
    await using first = new FlowdProcess({ configuration: withPipe(path), folder: files, prefix: asNobody })
    await first.ready()
    await using second = new FlowdProcess({ configuration: withPipe(path) })
    expect(await second.ended()).toBe(1)
    expect(second.stderr).toMatch(/^error PIPE_IN_USE: .*shared.*\nremedy: /m)
    appendFileSync(
      path,
      Array.from({ length: 200 }, (_, index) => `${START.replace('2345', `${index + 1}`)}\n`).join(''),
    )
    await expect.poll(() => first.control.flows()).toHaveLength(200)

    await first.stop('SIGKILL')
    await using third = await new FlowdProcess({ configuration: withPipe(path) }).ready()
    appendFileSync(path, `${START}\n`)
    await expect.poll(() => third.control.flows()).toHaveLength(1)
  })

  it('goes on as it was when a reload cannot open the new pipe', async () => {
    writeFileSync(join(folder, 'in-the-way'), '')
    await using flowd = new FlowdProcess({ configuration: withPipe(join(folder, 'three')) })
    await flowd.ready()
    flowd.configure(withPipe(join(folder, 'in-the-way')))
    await expect(flowd.control.reload()).rejects.toMatchObject({ code: 'FLOWD_REFUSED' })
    appendFileSync(join(folder, 'three'), `${START}\n`)
    await expect.poll(() => flowd.control.flows()).toHaveLength(1)
  })

  it('resumes after kill -9 what its journal held: an unknown socket lives on, with the same label and start', async () => {
    const files = join(folder, 'killed')
    rmSync(files, { recursive: true, force: true })
    const configuration = { ...withPipe(join(folder, 'four')), workDir: files, flowTable: { socketCheck: false } }
    const killed = await new FlowdProcess({ configuration }).ready()
    appendFileSync(join(folder, 'four'), `${START}\n`)
    await expect.poll(() => killed.control.flows()).toHaveLength(1)
    const flows = await killed.control.flows()
    await killed.stop('SIGKILL')
    await using next = await new FlowdProcess({ configuration }).ready()
    expect(await next.control.flows()).toEqual(flows)
    await killed[Symbol.asyncDispose]()
  })

  it('reports a wrong line and loses none beside it', async () => {
    const path = join(folder, 'five')
    await using flowd = await new FlowdProcess({ configuration: withPipe(path) }).ready()
    appendFileSync(path, `nonsense\n${START}\n`)
    await expect.poll(() => flowd.control.flows()).toHaveLength(1)
    expect((await flowd.get('/metrics')).text).toMatch(/tidemark_flowd_dropped_total\{stage="[^"]*",cause="[^"]*"\} 1/)
  })

  it('loses none of 10,000 lines in one write, and waits for the end of half a line', async () => {
    const path = join(folder, 'six')
    await using flowd = await new FlowdProcess({ configuration: withPipe(path) }).ready()
    const lines = Array.from({ length: 10_000 }, (_, index) => START.replace('2345', String(10_000 + index)))
    // Written by a process of its own: the pipe holds less than this, so the write blocks until flowd has read.
    const half = START.slice(0, 20)
    execFileSync('sh', ['-c', 'cat > "$0"', path], { input: `${lines.join('\n')}\n${half}` })
    await expect.poll(async () => (await flowd.control.health()).liveFlows).toBe(10_000)
    appendFileSync(path, `${START.slice(20)}\n`)
    await expect.poll(async () => (await flowd.control.health()).liveFlows).toBe(10_001)
  })
})

describe('flowd with its marker', () => {
  it('refuses an interface that is not there', async () => {
    await using flowd = new FlowdProcess({ configuration: { backends: { marker: { targetInterfaces: ['none0'] } } } })
    expect(await flowd.ended()).toBe(78)
    expect(flowd.stderr).toMatch(/^error INTERFACE_ABSENT: .*none0\nremedy: name one that is there \(.*\blo\b/m)
  })
})
