import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { FlowdProcess, runTidemark } from '../../support/flowd/flowd-process.ts'

it('shows what is live, what cannot be marked, and what was refused and why', async () => {
  const configurationIn = (folder: string) => ({ plugins: { namedPipe: { pipePath: join(folder, 'np') } } })
  await using flowd = await new FlowdProcess({ configurationIn }).ready()
  const lines = [
    'start tcp 2001:db8::1 1 2001:db8::2 2 cms 14',
    'start tcp 192.0.2.1 1 192.0.2.2 2 cms 14',
    'start tcp ::1 1 ::1 2 icecube 1',
    'strat tcp ::1 1 ::1 2 cms 1',
    'end tcp ::1 7 ::1 2 cms 1',
  ]
  appendFileSync(join(flowd.folder, 'np'), lines.map(line => `${line}\n`).join(''))
  const status = () => runTidemark(['--conf', flowd.configurationFile, 'flowd', 'status'])
  await vi.waitFor(async () => {
    const { code, stdout, stderr } = await status()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^flowd +ready, up \d+ s, version /)
    expect(stdout).toMatch(/^plugins +namedPipe$/m)
    expect(stdout).toMatch(/^cms +Analysis Input +2 +1$/m)
    expect(stdout).toMatch(/^plugin namedPipe +5 +3 +0 {2}1 ids, 1 syntax$/m)
    expect(stdout).toMatch(/^flow table +3 +2 +0 {2}1 unknown-end$/m)
  }, 60_000)
  const { stdout } = await runTidemark(['--conf', flowd.configurationFile, 'flowd', 'flows'])
  expect(stdout).toMatch(/^tcp +192\.0\.2\.1:1 +192\.0\.2\.2:2 +cms +Analysis Input +- /m)
})
