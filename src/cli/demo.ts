import { type Command, Option } from 'commander'
import type { Omission } from '../demo/index.ts'
import { interruptible } from './interruptible.ts'

/** `demo`: plays two hosts with flowd between them and proves that packets are marked. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('show it work: two hosts, one declared transfer, marked packets captured and judged (root)')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addOption(
      new Option('--without <part>', 'leave a part of flowd out, to see the demo fail').choices(['marker', 'firefly']),
    )
    .action(async (options: DemoCommandOptions) => {
      const { DEMO_ROLES, ROLE_VARIABLE, serveRole } = await import('../demo/index.ts')
      // The demo's two hosts are this same command, told by the director which one to be.
      const role = DEMO_ROLES.find(name => name === process.env[ROLE_VARIABLE])
      if (role === undefined) process.exitCode = await runDemo(options)
      else serveRole(role)
    })
}

interface DemoCommandOptions {
  output: 'text' | 'json'
  without?: Omission
}

/** @returns 0 when everything was shown, 1 when not, 130 when interrupted */
async function runDemo({ output, without }: DemoCommandOptions): Promise<number> {
  const { playDemo, printReport, printScene, printStep } = await import('../demo/index.ts')
  const began = performance.now()
  const say = (text: string) => (output === 'text' ? process.stdout.write(`${text}\n`) : false)
  const onStep = (step: string) => say(printStep(performance.now() - began, step))
  say(printScene())
  return interruptible(async signal => {
    try {
      const report = await playDemo({ onStep, signal, ...(without === undefined ? {} : { without }) })
      say(printReport(report, performance.now() - began))
      if (output === 'json') process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
      return report.passed ? 0 : 1
    } catch (error) {
      if (!signal.aborted) throw error
      process.stderr.write('interrupted; nothing is left behind\n')
      return 130
    }
  })
}
