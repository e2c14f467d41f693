import type { Command } from 'commander'
import type { Finding } from '../flowd/index.ts'
import { fileChoice } from './flowd/file-choice.ts'
import { formatRows, type OutputFormat, outputOption } from './output.ts'
import type { Column } from './table.ts'

const COLUMNS: readonly Column<Finding>[] = [
  { heading: 'CHECK', value: finding => finding.check },
  { heading: 'STATUS', value: finding => finding.status },
  { heading: 'FOUND', value: finding => finding.found },
  { heading: 'REMEDY', value: finding => finding.remedy },
]

/** `doctor`: whether this host offers what flowd needs. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'look whether this host offers what flowd and its configuration need, and say what to do; exit 1 when not',
    )
    .addOption(outputOption(['table', 'json']))
    .action(async ({ output }: { output: OutputFormat }, command: Command) => {
      const { examineHost } = await import('../flowd/index.ts')
      const findings = await examineHost(fileChoice(command))
      process.stdout.write(formatRows(output, COLUMNS, findings))
      if (findings.some(({ status }) => status === 'failed')) process.exitCode = 1
    })
}
