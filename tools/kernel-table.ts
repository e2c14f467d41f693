import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Writes the table of kernels that were run, from what the checks in the virtual machines printed.
 *
 * usage: node tools/kernel-table.ts OUTPUT…
 */
const PAGE = 'docs/reference/kernels.md'

interface Run {
  kernel: string
  attached: string
  /** Name of a check → whether it passed. */
  checks: Map<string, boolean>
}

function read(path: string): Run {
  const run: Run = { kernel: 'unknown', attached: 'unknown', checks: new Map() }
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [, kind, rest = ''] = /^(kernel|attached|check): (.*)$/.exec(line) ?? []
    if (kind === 'kernel') run.kernel = rest
    if (kind === 'attached') run.attached = rest
    const [, name, outcome] = kind === 'check' ? (/^(.*?): (ok|failed)/.exec(rest) ?? []) : []
    if (name !== undefined) run.checks.set(name, outcome === 'ok')
  }
  return run
}

function page(runs: readonly Run[]): string {
  const names = [...new Set(runs.flatMap(run => [...run.checks.keys()]))]
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const mark = (passed: boolean | undefined) => (passed === undefined ? 'not run' : passed ? 'yes' : '**no**')
  return [
    '# Kernels',
    '',
    'What was run, on Debian 12 under systemd, from the Debian package. This page is written by `make test-vm` from the output of the checks.',
    '',
    row(['check', ...runs.map(run => run.kernel)]),
    row(['---', ...runs.map(() => '---')]),
    row(['the marker attaches by', ...runs.map(run => run.attached)]),
    ...names.map(name => row([name, ...runs.map(run => mark(run.checks.get(name)))])),
    '',
    'The tests of the repository run on the kernel of the machine that runs them. The marker needs BTF (`/sys/kernel/btf/vmlinux`), CAP_BPF (Linux 5.8) and',
    'CAP_NET_ADMIN; TCX needs Linux 6.6. Node 24 is the version that is pinned, tested and shipped.',
    '',
  ].join('\n')
}

writeFileSync(PAGE, page(process.argv.slice(2).map(read)))
