import { TidemarkError } from '../../common/index.ts'
import type { ParseFailure } from '../../scitags/index.ts'
import type { Plugin } from '../components.ts'
import type { UnitDefinition } from '../unit.ts'
import { readModuleEvent } from './module-event.ts'

const EVENT_SHAPE =
  "{state: 'start'|'ongoing'|'end', flow: {protocol: 'tcp'|'udp', source: {address, port}, destination: {address, port}}, experiment, activity, application?, startTimeUs?, endTimeUs?, usage?: {sentBytes, receivedBytes}}"

/**
 * A plugin from outside, whose events are checked before the flow table sees them: a wrong one is refused by an
 * exception (EVENT_REFUSED) where the module emits it, and counted in the plugin's account as any other's.
 */
export function checkedPlugin(name: string, definition: UnitDefinition<Plugin>): UnitDefinition<Plugin> {
  return {
    ...definition,
    create(options, context) {
      const plugin = definition.create(options, context)
      const account = context.metrics.stage(`plugin ${name}`)
      return {
        start: emit =>
          plugin.start(event => {
            account.received += 1
            const read = readModuleEvent(event, context.registry.current, name)
            if (!read.ok) {
              account.drop(read.field === 'experiment' || read.field === 'activity' ? 'ids' : 'syntax')
              throw refusal(read)
            }
            account.passed += 1
            emit(read.value)
          }),
        stop: () => plugin.stop(),
      }
    },
  }
}

function refusal({ field, problem }: ParseFailure): TidemarkError {
  const reason = field === '' ? problem : `${field}: ${problem}`
  return new TidemarkError('EVENT_REFUSED', { reason, grammar: EVENT_SHAPE })
}
