import type { Command } from 'commander'
import { printEffectiveValues, printWarnings } from '../configuration-output.ts'
import { addExamples } from '../examples.ts'
import { type OutputFormat, outputOption } from '../output.ts'
import { fileChoice } from './file-choice.ts'

/** `flowd check`: whether the configuration is right, what is in force, and where each value came from. */
export function registerCheck(flowd: Command): void {
  addExamples(flowd.command('check'), '--strict --conf new.yaml')
    .description('check the configuration; print the values in force and where each came from')
    .option('--strict', 'take unknown and deprecated keys for errors', false)
    .addOption(outputOption(['table', 'json']))
    .action(async ({ strict, output }: { strict: boolean; output: OutputFormat }, command: Command) => {
      const { effectiveFlowdValues, loadFlowdConfiguration } = await import('../../flowd/index.ts')
      const loaded = loadFlowdConfiguration({ ...fileChoice(command), strict })
      printWarnings(loaded.warnings)
      printEffectiveValues(output, effectiveFlowdValues(loaded))
    })
}
