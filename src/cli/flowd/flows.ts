import type { Command } from 'commander'
import type { FlowView } from '../../flowd/index.ts'
import { formatRows, type OutputFormat, outputOption } from '../output.ts'
import type { Column } from '../table.ts'
import { addSocketOption, controlClient } from './control.ts'

const COLUMNS: readonly Column<FlowView>[] = [
  { heading: 'PROTOCOL', value: flow => flow.protocol },
  { heading: 'SOURCE', value: flow => flow.source },
  { heading: 'DESTINATION', value: flow => flow.destination },
  { heading: 'EXPERIMENT', value: flow => flow.experimentName ?? String(flow.experiment) },
  { heading: 'ACTIVITY', value: flow => flow.activityName ?? String(flow.activity) },
  {
    heading: 'LABEL',
    value: flow => (flow.label === undefined ? '-' : `0x${flow.label.toString(16).padStart(5, '0')}`),
  },
  { heading: 'ORIGIN', value: flow => flow.origin },
  { heading: 'START', value: flow => flow.startTime },
  { heading: 'SENT BYTES', value: flow => flow.usage?.sentBytes ?? '-' },
  { heading: 'RECEIVED BYTES', value: flow => flow.usage?.receivedBytes ?? '-' },
]

/** `flowd flows`: the live flows of the running daemon. */
export function registerFlows(flowd: Command): void {
  addSocketOption(flowd.command('flows'))
    .description('list the live flows of the running flowd')
    .addOption(outputOption())
    .action(async ({ output }: { output: OutputFormat }, command: Command) => {
      const client = await controlClient(command)
      process.stdout.write(formatRows(output, COLUMNS, await client.flows()))
    })
}
