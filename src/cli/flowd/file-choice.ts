import type { Command } from 'commander'
import { readGlobals } from '../global-options.ts'

/** How this command line chooses flowd's configuration file. */
export function fileChoice(command: Command): { conf: string | undefined; calledAsFlowdGo: boolean } {
  return { conf: readGlobals(command).conf, calledAsFlowdGo: process.env['TIDEMARK_CALLED_AS'] === 'flowd-go' }
}
