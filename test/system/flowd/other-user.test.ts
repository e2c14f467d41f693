import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FlowdProcess, TIDEMARK } from '../../support/flowd/flowd-process.ts'

const NOBODY = 65_534
const folder = mkdtempSync(join(tmpdir(), 'tidemark-other-user-'))
const pipe = join(folder, 'np')
const socket = join(folder, 'flowd.sock')
const tokens = join(folder, 'tokens')
let flowd: FlowdProcess

beforeAll(async () => {
  // The folder bars nobody, as /run/tidemark does not: it is the files that must.
  chmodSync(folder, 0o755)
  writeFileSync(tokens, 'a-token-that-nobody-knows\n', { mode: 0o640 })
  flowd = await new FlowdProcess({
    folder,
    configuration: { plugins: { namedPipe: { pipePath: pipe }, api: { bindPort: 0, tokenFile: tokens } } },
  }).ready()
  await flowd.control.send(['start tcp ::1 1 ::1 2 3 14'])
})
afterAll(async () => {
  await flowd.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a command as another user, in a group. */
function run(group: number, ...command: string[]): { status: number | null; stdout: string; stderr: string } {
  const words = [`--reuid=${NOBODY}`, `--regid=${group}`, '--clear-groups', ...command]
  return spawnSync('setpriv', words, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })
}

const write = (group: number) => run(group, 'sh', '-c', `echo "end tcp ::1 1 ::1 2 3 14" > ${pipe}`)
const flows = (group: number) => run(group, TIDEMARK, 'flowd', 'flows', '--socket', socket)

describe('another user of the host', () => {
  it('cannot write the pipe', async () => {
    expect(write(NOBODY)).toMatchObject({ status: 2, stderr: expect.stringContaining('Permission denied') as string })
    expect(await flowd.control.flows()).toHaveLength(1)
  })

  it('cannot use the control socket, and is told what to do', () => {
    const { status, stderr } = flows(NOBODY)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^error CONTROL_SOCKET_DENIED: .*\nremedy: .*group/)
  })

  it('cannot read what flowd keeps and what it is told in secret', () => {
    const journal = join(folder, 'work', 'journal')
    for (const file of [journal, tokens]) {
      expect(existsSync(file)).toBe(true)
      expect(run(NOBODY, 'cat', file)).toMatchObject({ status: 1, stdout: '' })
    }
  })

  it('finds no secret on the command line or in the environment of flowd', () => {
    const line = readFileSync(`/proc/${flowd.child.pid}/cmdline`, 'utf8')
    expect(line).not.toContain('a-token-that-nobody-knows')
    expect(run(NOBODY, 'cat', `/proc/${flowd.child.pid}/environ`).status).toBe(1)
  })

  it('may do both when the group of flowd is theirs', () => {
    const group = process.getgid?.() ?? 0
    expect(flows(group)).toMatchObject({ status: 0, stdout: expect.stringContaining('[::1]:2') as string })
    expect(write(group).status).toBe(0)
  })
})
