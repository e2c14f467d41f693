import type { Command } from 'commander'
import { registerCheck } from './check.ts'
import { registerConf } from './conf.ts'
import { registerConvert } from './convert.ts'
import { registerFlows } from './flows.ts'
import { registerMarker } from './marker.ts'
import { registerRun } from './run.ts'
import { registerSend } from './send.ts'
import { registerStatus } from './status.ts'
import { registerStun } from './stun.ts'

/** Adds `flowd` and what belongs to it. */
export function registerFlowd(program: Command): void {
  registerFlowdCommands(
    program.command('flowd').description('the host daemon: marks the packets of declared flows and announces them'),
  )
}

/** Adds flowd's commands to a group, or to the top for flowd-go's command line. */
export function registerFlowdCommands(flowd: Command): void {
  registerRun(flowd)
  registerConf(flowd)
  registerCheck(flowd)
  registerConvert(flowd)
  registerStatus(flowd)
  registerFlows(flowd)
  registerSend(flowd)
  registerMarker(flowd)
  registerStun(flowd)
}
