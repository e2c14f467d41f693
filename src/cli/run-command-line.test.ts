import { describe, expect, it, vi } from 'vitest'
import { TidemarkError } from '../common/index.ts'
import { reportFailure } from './failure.ts'
import { runCommandLine } from './run-command-line.ts'

/** Runs a command line and captures what it prints. */
async function run(words: string[], environment: NodeJS.ProcessEnv = {}) {
  let output = ''
  const capture = (text: unknown) => {
    output += String(text)
    return true
  }
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(capture),
    vi.spyOn(process.stderr, 'write').mockImplementation(capture),
  ]
  try {
    return { code: await runCommandLine(words, environment), output }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

describe('the command line', () => {
  it('prints its version and help with exit code 0', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, output: 'dev\n' })
    expect(await run(['--help'])).toMatchObject({
      code: 0,
      output: expect.stringContaining('Usage: tidemark') as string,
    })
    expect(await run(['version'])).toMatchObject({ code: 0, output: expect.stringContaining('node: v') as string })
  })

  it.each([[['nonsense']], [['--nonsense']], [['version', '--nonsense']], [['--log-level', 'loud', 'version']]])(
    'exits 2 on wrong usage: %s',
    async words => {
      expect((await run(words)).code).toBe(2)
    },
  )

  it('takes the global options before and after the command', async () => {
    expect((await run(['--log-level', 'debug', '--log-time', 'version'])).code).toBe(0)
    expect((await run(['version', '--log-level', 'debug', '--log-time'])).code).toBe(0)
  })

  it("is flowd-go's when called by that name", async () => {
    const { output } = await run(['--help'], { TIDEMARK_CALLED_AS: 'flowd-go' })
    expect(output).toContain('Usage: flowd-go')
  })

  it.each([
    [['--log-time=true', 'version'], 0],
    [['version', '--log-time=F'], 0],
    [['--log-time', 'version'], 0],
    [['--log-time=yes', 'version'], 2],
    [['--log-level=trace', '--conf=/x', 'version'], 0],
    [['ebpf', 'clean', '--target-interface', 'nosuch'], 78],
    [['marker', 'clean', '--target-interface=nosuch', '--remove-qdisc=false'], 78],
    [[], 2],
    [['marker'], 2],
    [['completion'], 2],
  ])('takes the words of flowd-go: %j gives exit code %d', async (words, code) => {
    expect((await run(words, { TIDEMARK_CALLED_AS: 'flowd-go' })).code).toBe(code)
  })
})

describe('reportFailure', () => {
  const failure = new TidemarkError('CONFIG_NOT_FOUND', { file: '/x' })

  it('prints code, message and remedy, and gives the exit code', () => {
    const lines: string[] = []
    expect(reportFailure(failure, { debug: false, write: text => lines.push(text) })).toBe(78)
    expect(lines.join('')).toBe(
      'error CONFIG_NOT_FOUND: no configuration file at /x\nremedy: name one with --conf FILE, or create /x\n',
    )
  })

  it('shows the stack and the causes to who debugs only', () => {
    const wrapped = new Error('outer', { cause: new Error('inner') })
    const quiet: string[] = []
    expect(reportFailure(wrapped, { debug: false, write: text => quiet.push(text) })).toBe(1)
    expect(quiet).toEqual(['error: outer\n'])
    const loud: string[] = []
    reportFailure(wrapped, { debug: true, write: text => loud.push(text) })
    expect(loud.join('')).toMatch(/outer[\s\S]*at [\s\S]*inner/)
  })
})
