import type { Command } from 'commander'
import { registerCollector } from './collector/index.ts'
import { registerDemo } from './demo.ts'
import { registerDoctor } from './doctor.ts'
import { registerFlowd, registerFlowdCommands } from './flowd/index.ts'
import { registerQueries } from './query/commands.ts'
import { registerSimulate } from './simulate.ts'
import { registerVersion } from './version.ts'

/**
 * Adds a command to the program. Its file imports nothing heavy: the action imports its role when it runs, so that
 * `tidemark version` starts none of them.
 */
type RegisterCommand = (program: Command) => void

/** Every command of `tidemark`, in the order that help shows: one line each. */
export const COMMANDS: readonly RegisterCommand[] = [
  // the roles
  registerFlowd,
  registerCollector,
  // what asks a running collector
  registerQueries,
  // the rest
  registerDemo,
  registerDoctor,
  registerSimulate,
  registerVersion,
]

/** flowd-go's own command line has flowd's commands at its top. */
export const FLOWD_GO_COMMANDS: readonly RegisterCommand[] = [registerFlowdCommands, registerVersion]
