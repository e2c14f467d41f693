import type { Plugin } from '../../components.ts'
import type { UnitDefinition } from '../../unit.ts'
import { FireflyReceiver } from './firefly-receiver.ts'
import { FIREFLY_RECEIVER_OPTIONS } from './options.ts'

/** The plugin `firefly`. */
export const firefly: UnitDefinition<Plugin, typeof FIREFLY_RECEIVER_OPTIONS> = {
  options: FIREFLY_RECEIVER_OPTIONS,
  ignoredKeys: {
    deadline: 'has no effect: nothing waits while no firefly comes',
    hasSyslogHeader: 'has no effect: whether a firefly has a header is seen from the firefly',
  },
  create: (options, context) => new FireflyReceiver(options, context),
}
