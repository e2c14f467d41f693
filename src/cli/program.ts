import { Command } from 'commander'
import { BUILD } from '../common/index.ts'
import { COMMANDS, FLOWD_GO_COMMANDS } from './commands.ts'
import { addExamples } from './examples.ts'
import { addGlobalOptions } from './global-options.ts'

/** The whole command line: `tidemark`, or the one that flowd-go's users know. */
export function createProgram(name: 'tidemark' | 'flowd-go'): Command {
  const program = new Command(name)
    .description("Says what a network's traffic is for: marks packets, sends fireflies, collects flows.")
    .version(BUILD.version)
    .exitOverride()
    .showHelpAfterError('(--help lists what there is)')
    // Arguments and options stand in a command's own help; in the list of commands they leave no room for what it does.
    .configureHelp({ subcommandTerm: command => command.name(), showGlobalOptions: true })
  addGlobalOptions(program)
  if (name === 'tidemark')
    addExamples(program, 'doctor', 'flowd status', 'flows --sum --server http://collector.example:8010')
  for (const register of name === 'flowd-go' ? FLOWD_GO_COMMANDS : COMMANDS) register(program)
  return program
}
