import type { Command } from 'commander'
import { fileChoice } from './file-choice.ts'

/** Adds the option that names a running flowd's control socket. */
export function addSocketOption(command: Command): Command {
  return command.option('--socket <path>', "control socket of the running flowd; its configuration's when absent")
}

/** A client of the running flowd, found through `--socket`, else through the configuration that it reads. */
export async function controlClient(command: Command) {
  const { ControlClient, loadFlowdConfigurationOrDefaults } = await import('../../flowd/index.ts')
  const { socket } = command.opts<{ socket?: string }>()
  return new ControlClient(socket ?? loadFlowdConfigurationOrDefaults(fileChoice(command)).values.controlSocket.path)
}
