import type { Plugin } from '../../components.ts'
import type { UnitDefinition } from '../../unit.ts'
import { NamedPipe } from './named-pipe.ts'
import { NAMED_PIPE_OPTIONS } from './options.ts'

/** The plugin `namedPipe`. */
export const namedPipe: UnitDefinition<Plugin, typeof NAMED_PIPE_OPTIONS> = {
  options: NAMED_PIPE_OPTIONS,
  ignoredKeys: {
    maxReaders: 'has no effect: no reader is needed for a write to be noticed',
    buffSize: 'has no effect: a line is read whole, however it is written',
  },
  create: (options, context) => new NamedPipe(options, context),
}
