import type { Command } from 'commander'
import { TidemarkError } from '../../common/index.ts'
import { addSocketOption, controlClient } from './control.ts'

/** `flowd send`: one event to the running daemon, in the words of the pipe's grammar. */
export function registerSend(flowd: Command): void {
  addSocketOption(flowd.command('send'))
    .description('declare the start or end of a flow to the running flowd')
    .argument('<state>', 'start or end')
    .argument('<protocol>', 'tcp or udp')
    .argument('<source>', "this host's address")
    .argument('<source-port>', "this host's port")
    .argument('<destination>', "the peer's address")
    .argument('<destination-port>', "the peer's port")
    .argument('<experiment>', 'id or name in the registry')
    .argument('<activity>', 'id or name in the registry')
    .action(async (...given: unknown[]) => {
      const command = given.at(-1) as Command
      const client = await controlClient(command)
      const { refused, warnings } = await client.send([command.args.map(asOneWord).join(' ')])
      for (const { warning } of warnings) process.stderr.write(`warning: ${warning}\n`)
      const first = refused[0]
      if (first !== undefined) throw new TidemarkError('FLOWD_REFUSED', { ...first.error })
    })
}

/** Names may hold spaces, the grammar's fields may not; in names a hyphen stands for a space. */
function asOneWord(argument: string): string {
  return argument.trim().replace(/\s+/g, '-')
}
