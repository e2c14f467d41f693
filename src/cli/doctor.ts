import { type Command, Option } from 'commander'
import type { Role, RoleFinding } from '../doctor/index.ts'
import { addExamples } from './examples.ts'
import { fileChoice } from './flowd/file-choice.ts'
import { formatRows, type OutputFormat, outputOption } from './output.ts'
import type { Column } from './table.ts'

const COLUMNS: readonly Column<RoleFinding>[] = [
  { heading: 'ROLE', value: finding => finding.role },
  { heading: 'CHECK', value: finding => finding.check },
  { heading: 'STATUS', value: finding => finding.status },
  { heading: 'FOUND', value: finding => finding.found },
  { heading: 'REMEDY', value: finding => finding.remedy },
]

/** `doctor`: whether this host offers what the roles need. */
export function registerDoctor(program: Command): void {
  addExamples(program.command('doctor'), '--role collector', '--conf /etc/flowd-go/conf.yaml')
    .description(
      'look whether this host, and the router of the collector, offer what the roles and their configurations need, and say what to do; exit 1 when not',
    )
    .addOption(
      new Option(
        '--role <role>',
        'the role to look at; without it that of the file that --conf names, else those that this host is set up for (a unit that is enabled, a configuration that says something), else flowd',
      ).choices(['flowd', 'collector']),
    )
    .addOption(outputOption(['table', 'json']))
    .action(async ({ output, role }: { output: OutputFormat; role?: Role }, command: Command) => {
      const { examineHost } = await import('../doctor/index.ts')
      const { conf, calledAsFlowdGo } = fileChoice(command)
      const { env: environment } = process
      const findings = await examineHost({ conf, calledAsFlowdGo, environment, ...(role && { role }) })
      process.stdout.write(formatRows(output, COLUMNS, findings))
      if (findings.some(({ status }) => status === 'failed')) process.exitCode = 1
    })
}
