import { execFileSync, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// Every target of make runs in a clone of the last commit, with a network and mounts of its own; those that cannot are
// printed with the reason.
const ELSEWHERE: Readonly<Record<string, string>> = {
  dist: 'runs in test/long/packaging/dist.test.ts',
  deb: 'runs in test/long/packaging/deb.test.ts',
  srpm: 'runs in test/long/packaging/rpm.test.ts',
  rpm: 'its second half runs in test/long/packaging/rpm.test.ts, without a network',
  'docker-build': 'the same build runs in test/long/packaging/container.test.ts',
  'test-vm': 'is a part of test-all, as this is',
  install: 'fetches from npm; everything here needs that it ran',
  packages: 'installs Debian packages; everything here needs that it ran',
  check: 'runs first in .ci/run',
  unit: 'is a part of test',
  system: 'is a part of test',
  test: 'runs second in .ci/run',
  long: 'is what runs this',
  properties: 'is a part of test-all, as this is',
  'test-packages': 'is a part of test-all, as this is',
  'test-all': 'runs third in .ci/run',
  bench: 'measures, which needs a machine that does nothing else',
}

let clone = ''

/** Runs a target to its end in a network of its own; gives its exit code and what it printed. */
function make(target: string, ...words: string[]): { code: number | null; printed: string } {
  const { status, stdout, stderr, error } = spawnSync(...command(target, ...words))
  if (error !== undefined) throw error
  return { code: status, printed: `${stdout}${stderr}` }
}

function command(...words: string[]): [string, string[], SpawnOptions & { encoding: 'utf8' }] {
  const script = 'ip link set lo up && exec make -o node_modules/.installed "$@"'
  const inside = ['--net', '--mount', '--propagation', 'private', 'bash', '-c', script, 'make', ...words]
  // bash takes a socket on its standard input for a login from elsewhere where SHLVL is not set, as under a service.
  return ['unshare', inside, { cwd: clone, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }]
}

const changes = () => execFileSync('git', ['status', '--porcelain'], { cwd: clone, encoding: 'utf8' })

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'make-'))
  execFileSync('git', ['clone', '--quiet', '--shared', '.', clone])
  symlinkSync(resolve('node_modules'), join(clone, 'node_modules'))
})
afterAll(() => rmSync(clone, { recursive: true }))

/** What a target that ends by itself shows of its work. */
const RUNS: Readonly<Record<string, () => void>> = {
  help: () => succeeds('help', 'print this list'),
  build: () => {
    succeeds('build')
    expect(execFileSync(join(clone, 'bin/tidemark'), ['version'], { encoding: 'utf8' })).toMatch(/^node: v24/m)
  },
  generated: () => {
    succeeds('generated')
    for (const [folder, files] of [
      ['conf', 2],
      ['completions', 3],
      ['man', 5],
    ] as const) {
      expect(readdirSync(join(clone, 'build/generated', folder))).toHaveLength(files)
    }
  },
  man: () => {
    succeeds('man')
    for (const page of readdirSync(join(clone, 'build/generated/man'))) {
      expect(readFileSync(join(clone, 'build/generated/man', page), 'utf8')).toMatch(/^\.TH /m)
    }
  },
  'rpm-mock': () => {
    // Debian's mock is a program of another purpose; RPM systems have the one that is meant.
    if (existsSync('/usr/bin/mock')) return succeeds('rpm-mock')
    const { code, printed } = make('rpm-mock', '-o', 'srpm')
    expect(printed).toContain('mock is not installed')
    expect(code).toBe(2)
  },
  release: () => {
    const { code, printed } = make('release', 'VERSION=soon')
    expect(printed).toContain('name the version')
    expect(code).toBe(2)
  },
  demo: () => succeeds('demo', 'PASS in '),
  'demo-picture': () => {
    succeeds('demo-picture')
    expect(readFileSync(join(clone, 'docs/images/demo.svg'), 'utf8')).toContain('</svg>')
    execFileSync('git', ['checkout', '--quiet', 'docs/images/demo.svg'], { cwd: clone })
  },
  bpf: () => succeeds('bpf'),
  'bpf-update': () => leavesTheSourcesAsTheyAre('bpf-update'),
  format: () => leavesTheSourcesAsTheyAre('format'),
  docs: () => leavesTheSourcesAsTheyAre('docs'),
  'tc-show': () => succeeds('tc-show', 'qdisc'),
  'tc-clean': () => succeeds('tc-clean'),
  'prog-list': () => succeeds('prog-list'),
  'docker-start': () => {
    succeeds('docker-start', '--cap-drop ALL --cap-add BPF --cap-add NET_ADMIN', 'CONTAINERS=echo')
    for (const flavour of ['dev', 'test']) {
      succeeds('docker-start', `localhost/tidemark:${flavour} sleep`, 'CONTAINERS=echo', `FLAVOUR=${flavour}`)
    }
    const { code, printed } = make('docker-start', 'CONTAINERS=absent')
    expect(printed).toContain('absent is not installed: apt-get install podman')
    expect(code).toBe(2)
  },
  'docker-shell': () => succeeds('docker-shell', 'exec -it tidemark-dev', 'CONTAINERS=echo', 'FLAVOUR=dev'),
  'docker-stop': () => succeeds('docker-stop', 'stop tidemark-release', 'CONTAINERS=echo'),
  'compile-commands': () => {
    succeeds('compile-commands')
    const commands = JSON.parse(readFileSync(join(clone, 'compile_commands.json'), 'utf8')) as { file: string }[]
    expect(commands.map(({ file }) => file)).toContain('marker.bpf.c')
  },
  clean: () => {
    succeeds('clean')
    for (const folder of ['build', 'dist', 'compile_commands.json']) expect(existsSync(join(clone, folder))).toBe(false)
  },
}

function succeeds(target: string, printing = '', ...words: string[]): void {
  const { code, printed } = make(target, ...words)
  expect(printed).toContain(printing)
  expect(`${target}: ${code === 0 ? 'done' : printed}`).toBe(`${target}: done`)
}

function leavesTheSourcesAsTheyAre(target: string): void {
  succeeds(target)
  expect(changes().replace(/^\?\? .*\n/gm, '')).toBe('')
}

describe('make', () => {
  it('has no target that is neither run nor explained', () => {
    const listed = make('help').printed.trimEnd().split('\n')
    const targets = listed.map(line => line.trim().split(/\s+/)[0] ?? '')
    const run = [...Object.keys(RUNS), 'ebpf-trace', 'run', 'flow-start', 'flow-end']
    expect([...run, ...Object.keys(ELSEWHERE)].sort()).toEqual(targets.sort())
    for (const [target, reason] of Object.entries(ELSEWHERE)) console.log(`make ${target} is not run here: ${reason}`)
  })

  it.each(Object.entries(RUNS).filter(([target]) => target !== 'clean'))('%s', (_target, run) => run())

  it('ebpf-trace', async () => {
    const [program, words, options] = command('ebpf-trace')
    const child = spawn(program, words, { ...options, detached: true })
    // It has nothing to say while no program prints: it runs on until it is stopped.
    const early = await Promise.race([once(child, 'exit'), new Promise(done => setTimeout(done, 2000, 'runs'))])
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGTERM')
    expect(early).toBe('runs')
  })

  it('run, flow-start, flow-end', async () => {
    const [program, words, options] = command('run')
    const child = spawn(program, words, { ...options, detached: true })
    const ended = once(child, 'exit')
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        printed += text
      })
    }
    try {
      await expect.poll(() => printed, { timeout: 120_000, interval: 200 }).toContain('Ctrl-C')
      const tidemark = ['--conf', 'conf/quickstart-flowd.yaml', 'flowd', 'flows']
      const flows = () => execFileSync(join(clone, 'bin/tidemark'), tidemark, { cwd: clone, encoding: 'utf8' })
      succeeds('flow-start')
      expect(flows()).toContain('[::1]:2345')
      const scrape = ['--net', '--target', String(child.pid), 'curl', '-s', 'http://127.0.0.1:8011/metrics']
      expect(execFileSync('nsenter', scrape, { encoding: 'utf8' })).toMatch(
        /^tidemark_activity_flows\{experiment="cms".*\} 1$/m,
      )
      succeeds('flow-end')
      expect(flows()).not.toContain('[::1]:2345')
    } finally {
      if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGINT')
    }
    await ended
    expect(printed).toContain('Tidemark has stopped.')
  })

  it('clean', () => RUNS['clean']?.())
})
