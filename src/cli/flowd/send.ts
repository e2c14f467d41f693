import type { Command } from 'commander'
import { TidemarkError } from '../../common/index.ts'
import { addExamples } from '../examples.ts'
import { addSocketOption, controlClient } from './control.ts'

/** `flowd send`: one event to the running daemon, in the words of the pipe's grammar. */
export function registerSend(flowd: Command): void {
  addExamples(
    addSocketOption(flowd.command('send')),
    'start tcp 2001:db8::1 1094 2001:db8::2 40000 cms 14',
    "end tcp 2001:db8::1 1094 2001:db8::2 40000 cms 'Analysis Input'",
  )
    .description('declare the start or end of a flow to the running flowd')
    .argument('<state>', 'one of start, end')
    .argument('<protocol>', 'one of tcp, udp')
    .argument('<source>', "this host's IP address")
    .argument('<source-port>', "this host's port")
    .argument('<destination>', "the peer's IP address")
    .argument('<destination-port>', "the peer's port")
    .argument('<experiment>', 'id (0-1023; up to 511 can be marked) or name in the registry of SciTags')
    .argument('<activity>', "id (0-63) or name of the experiment's activity")
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
