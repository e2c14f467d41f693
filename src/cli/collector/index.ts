import type { Command } from 'commander'
import { registerCheck } from './check.ts'
import { registerRun } from './run.ts'

/** Adds `collector` and what belongs to it. */
export function registerCollector(program: Command): void {
  const collector = program
    .command('collector')
    .description('the collector of a network: attaches to Skupper routers and serves one view of all they tell')
  registerRun(collector)
  registerCheck(collector)
}
