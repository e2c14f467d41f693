import type { Command } from 'commander'
import { type OutputFormat, outputOption } from '../output.ts'
import { addSocketOption, controlClient } from './control.ts'
import { formatStatus } from './format-status.ts'

/** `flowd status`: at a glance how the running daemon does, what it marks, and what it refused and lost. */
export function registerStatus(flowd: Command): void {
  addSocketOption(flowd.command('status'))
    .description(
      'show how the running flowd does: its units, flows by activity, packets, and what was dropped, by cause',
    )
    .addOption(outputOption(['table', 'json']))
    .action(async ({ output }: { output: OutputFormat }, command: Command) => {
      const status = await (await controlClient(command)).status()
      process.stdout.write(output === 'json' ? `${JSON.stringify(status, null, 2)}\n` : formatStatus(status))
    })
}
