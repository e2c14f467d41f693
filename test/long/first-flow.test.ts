import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

// The commands of the first tutorial, as they stand there, in a clone of the last commit and a network of its own.

const FLOWS = 'bin/tidemark --conf $CONF flowd flows'

/** What a reader does by reading is waited for here: a refused line is in the log, statistics have been read. */
const WAITS: Readonly<Record<string, string>> = {
  'tail -1 build/run/flowd.out':
    'until grep -q cmms build/run/flowd.out; do sleep 0.2; done; tail -1 build/run/flowd.out',
  'sleep 2': `until ${FLOWS} | grep -qE ' [1-9][0-9]+ +[0-9]+$'; do sleep 0.2; done`,
}

const RUN = `ip link set lo up
make -o node_modules/.installed run > run.out 2>&1 & run=$!
until grep -q 'Tidemark runs' run.out; do kill -0 $run || { cat run.out; exit 1; }; sleep 0.2; done`

let clone = ''
beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'tutorial-'))
  execFileSync('git', ['clone', '--quiet', '--shared', '.', clone])
  symlinkSync(resolve('node_modules'), join(clone, 'node_modules'))
})
afterAll(() => rmSync(clone, { recursive: true }))

function commandsOf(page: string): string[] {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/^```\n([\s\S]*?)^```/gm)].map(([, text = '']) => text)
  // The demo has a test of its own, and the list is what a command prints.
  const commands = blocks.filter(text => !/^(?:(?:sudo )?make |PROTOCOL)/.test(text))
  return commands.flatMap(text => text.trimEnd().split('\n')).map(line => WAITS[line] ?? line)
}

it('shows what the first tutorial says', () => {
  const commands = commandsOf('docs/tutorial/first-flow.md')
  const script = [RUN, ...commands, 'kill $run; wait $run'].join('\n')
  const words = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child', 'bash', '-c', script]
  const { stdout, stderr } = spawnSync('unshare', words, { cwd: clone, encoding: 'utf8', timeout: 600_000 })
  const flow = /^tcp +\[::1\]:2345 +\[::1\]:5777 +cms +Analysis Input +0xf003a +control +\S+ +(\S+) +\S+$/gm
  const [declared, real, ...more] = [...stdout.matchAll(flow)].map(match => match[1])
  expect({ declared, more, stderr }).toEqual({ declared: '-', more: [], stderr: '' })
  expect(Number(real)).toBeGreaterThan(0)
  expect(stdout).toMatch(/^plugin namedPipe .* 1 ids$/m)
  expect(stdout).toMatch(/^level=WARN .*; did you mean 'cms'\?/m)
  expect(stdout).toMatch(/^tidemark_activity_bytes_total\{experiment="cms",.*direction="sent"\} [1-9]/m)
})
