import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { testFolder } from '../support/test-folder.ts'

const EXAMPLES = 'packaging/systemd/examples'

// systemd's own judgement of the units, without running them. Exposure goes from 0 (none) to 10.
describe.each([
  { unit: 'tidemark-flowd.service', mostExposed: 2.5, capabilities: 'CAP_BPF CAP_NET_ADMIN' },
  { unit: 'tidemark-collector.service', mostExposed: 1.8, capabilities: '' },
])('$unit', ({ unit, mostExposed, capabilities }) => {
  const path = join('packaging/systemd', unit)
  const text = readFileSync(path, 'utf8')
  const folder = testFolder()

  it(`is exposed by at most ${mostExposed}`, () => {
    const judged = execFileSync('systemd-analyze', ['security', '--offline=true', path], { encoding: 'utf8' })
    const level = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(judged)?.[1])
    expect(level).toBeGreaterThan(0)
    expect(level).toBeLessThanOrEqual(mostExposed)
  })

  it('has no mistake that systemd finds', () => {
    // Its command and manual pages need not be installed here: the first is the shell's, the second are left out.
    const tried = join(folder, unit)
    writeFileSync(tried, text.replace('/usr/bin/tidemark', '/bin/sh').replace(/^Documentation=.*\n/m, ''))
    const { stdout, stderr, status } = spawnSync('systemd-analyze', ['verify', tried], { encoding: 'utf8' })
    expect(stdout + stderr).toBe('')
    expect(status).toBe(0)
  })

  it('would not pass with a mistake', () => {
    const wrong = join(folder, `wrong-${unit}`)
    writeFileSync(wrong, text.replace('/usr/bin/tidemark', '/bin/sh').replace('[Service]\n', '[Service]\nWatchDog=1\n'))
    expect(spawnSync('systemd-analyze', ['verify', wrong], { encoding: 'utf8' }).stderr).toContain("'WatchDog'")
  })

  it('gives its process the capabilities that it needs and no other', () => {
    for (const key of ['AmbientCapabilities', 'CapabilityBoundingSet']) {
      expect(new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]).toBe(capabilities)
    }
    expect(text).toMatch(/^User=tidemark$/m)
    expect(text).toMatch(/^NoNewPrivileges=yes$/m)
  })

  it('is told when it is ready, watched, reloaded, and not restarted for what a restart will not mend', () => {
    for (const line of ['Type=notify', 'WatchdogSec=30', 'ExecReload=/bin/kill -HUP $MAINPID', 'Restart=on-failure']) {
      expect(text.split('\n')).toContain(line)
    }
    expect(text).toMatch(/^RestartPreventExitStatus=.*\b78$/m)
    expect(text).toMatch(/^After=network-online\.target/m)
  })
})

// The drop-ins that are shipped as examples, judged on top of the unit of flowd.
describe.each(readdirSync(EXAMPLES))('the drop-in %s', name => {
  const root = mkdtempSync(join(tmpdir(), 'drop-in-'))
  const unit = 'tidemark-flowd.service'
  const units = join(root, 'usr/lib/systemd/system')
  afterAll(() => rmSync(root, { recursive: true }))

  /** Puts both into a root, with a command that is there, and gives what systemd says of them. */
  function analyze(words: readonly string[], mistake = ''): string {
    mkdirSync(join(units, `${unit}.d`), { recursive: true })
    const put = (from: string, to: string) =>
      writeFileSync(to, `${readFileSync(from, 'utf8').replace('/usr/bin/tidemark', '/bin/sh')}${mistake}`)
    put(join('packaging/systemd', unit), join(units, unit))
    put(join(EXAMPLES, name), join(units, `${unit}.d`, name))
    const { stdout, stderr } = spawnSync('systemd-analyze', ['--man=no', ...words], { encoding: 'utf8' })
    return stdout + stderr
  }

  it('is exposed by at most 2.5', () => {
    const printed = analyze(['security', `--root=${root}`, '--offline=true', unit])
    const level = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(printed)?.[1])
    expect(level).toBeGreaterThan(0)
    expect(level).toBeLessThanOrEqual(2.5)
  })

  it('has no mistake that systemd finds', () => {
    expect(analyze(['verify', join(units, unit)])).toBe('')
    expect(analyze(['verify', join(units, unit)], 'WatchDog=1\n')).toContain(`${unit}.d/${name}`)
  })
})
