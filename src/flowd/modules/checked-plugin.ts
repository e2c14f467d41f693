import { TidemarkError } from '../../common/index.ts'
import type { Registry } from '../../scitags/index.ts'
import type { Plugin } from '../components.ts'
import type { UnitDefinition } from '../unit.ts'
import { readModuleEvent } from './module-event.ts'

const EVENT_SHAPE =
  "{state: 'start'|'ongoing'|'end', flow: {protocol: 'tcp'|'udp', source: {address, port}, destination: {address, port}}, experiment, activity, application?, startTimeUs?, endTimeUs?, usage?: {sentBytes, receivedBytes}}"

/**
 * A plugin from outside, whose events are checked before the flow table sees them: a wrong one is refused by an
 * exception (EVENT_REFUSED) where the module emits it.
 */
export function checkedPlugin(name: string, definition: UnitDefinition<Plugin>): UnitDefinition<Plugin> {
  return {
    ...definition,
    create(options, context) {
      const plugin = definition.create(options, context)
      return {
        start: emit => plugin.start(event => emit(checked(event, name, context.registry.current))),
        stop: () => plugin.stop(),
      }
    },
  }
}

function checked(event: unknown, origin: string, registry: Registry) {
  const read = readModuleEvent(event, registry, origin)
  if (read.ok) return read.value
  const { field, problem } = read
  throw new TidemarkError('EVENT_REFUSED', {
    reason: field === '' ? problem : `${field}: ${problem}`,
    grammar: EVENT_SHAPE,
  })
}
