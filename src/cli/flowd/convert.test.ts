import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { runCommand } from '../../../test/support/run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-convert-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('prints a configuration that the check takes, and warns of the rest', async () => {
  const [from, to, trace] = ['flowd.cfg', 'flowd.yaml', 'trace'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const code = `__import__('pathlib').Path(${JSON.stringify(trace)}).touch()`
  writeFileSync(from, `PLUGIN = 'np_api'\nBACKEND = 'udp_firefly,ebpf'\nNETWORK_INTERFACE = 'lo'\nNICE = ${code}\n`)
  const { code: exit, stdout, stderr } = await runCommand(['flowd', 'convert', from])
  expect(exit).toBe(0)
  expect(stderr).toContain(`warning: ${from}: line 4: NICE is computed; `)
  writeFileSync(to, stdout)
  const checked = await runCommand(['--conf', to, 'flowd', 'check', '--strict'])
  expect(checked).toMatchObject({ code: 0, stderr: '' })
  expect(checked.stdout).toMatch(/^backends\.marker\.targetInterfaces +\["lo"\]/m)
  expect(() => rmSync(trace)).toThrow('ENOENT')
})

it.each([
  ['nothing', ''],
  ["flowd-go's file", 'plugins:\n  api: {}\n'],
  ['another program', 'import os\nprint(os.getpid())\n'],
])('says of %s that it is no configuration of Python flowd', async (_what, text) => {
  const file = join(folder, 'other')
  writeFileSync(file, text)
  const { code, stdout, stderr } = await runCommand(['flowd', 'convert', file])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^error CONFIG_NOT_OF_PYTHON_FLOWD: .*\nremedy: /)
})

it('says that there is no such file', async () => {
  expect(await runCommand(['flowd', 'convert', join(folder, 'none')])).toMatchObject({ code: 2, stdout: '' })
})

it('reads no device without end', async () => {
  const { code, stderr } = await runCommand(['flowd', 'convert', '/dev/zero'])
  expect(code).toBe(78)
  expect(stderr).toMatch(/^error CONFIG_UNREADABLE: .*longer than/)
})
