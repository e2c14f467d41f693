import type { Command } from 'commander'
import { printWarnings } from '../configuration-output.ts'
import { fileChoice } from './file-choice.ts'

/** `flowd conf`: the configuration as flowd-go prints it. */
export function registerConf(flowd: Command): void {
  flowd
    .command('conf')
    .description("print the configuration in force as JSON, in flowd-go's form")
    .action(async (_options: unknown, command: Command) => {
      const { loadFlowdConfiguration, toFlowdGoShape } = await import('../../flowd/index.ts')
      const loaded = loadFlowdConfiguration(fileChoice(command))
      printWarnings(loaded.warnings)
      process.stdout.write(`${JSON.stringify(toFlowdGoShape(loaded.values), null, 4)}\n`)
    })
}
