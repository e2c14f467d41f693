import { type ConfigurationProblem, formatProblem } from '../../common/index.ts'

/** Prints what is odd about a configuration on standard error, a line each. */
export function printWarnings(warnings: readonly ConfigurationProblem[]): void {
  for (const warning of warnings) process.stderr.write(`warning: ${formatProblem(warning)}\n`)
}
