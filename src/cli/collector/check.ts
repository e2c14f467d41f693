import type { Command } from 'commander'
import { printEffectiveValues, printWarnings } from '../configuration-output.ts'
import { readGlobals } from '../global-options.ts'
import { type OutputFormat, outputOption } from '../output.ts'

/** `collector check`: whether the configuration is right, what is in force, and which router that means. */
export function registerCheck(collector: Command): void {
  collector
    .command('check')
    .description('check the configuration; print the values in force, where each came from, and the router they mean')
    .option('--strict', 'take unknown keys for errors', false)
    .addOption(outputOption(['table', 'json']))
    .action(async ({ strict, output }: { strict: boolean; output: OutputFormat }, command: Command) => {
      const { checkCollector } = await import('../../collector/index.ts')
      const { warnings, rows } = checkCollector({ conf: readGlobals(command).conf, strict }, process.env)
      printWarnings(warnings)
      printEffectiveValues(output, rows)
    })
}
