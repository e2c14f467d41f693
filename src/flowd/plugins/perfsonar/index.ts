import { complaintsOfIds } from '../../events/index.ts'
import type { PluginDefinition } from '../../unit.ts'
import { PERFSONAR_OPTIONS } from './options.ts'
import { Perfsonar } from './perfsonar.ts'

/** The plugin `perfsonar`. */
export const perfsonar: PluginDefinition<typeof PERFSONAR_OPTIONS> = {
  options: PERFSONAR_OPTIONS,
  ownsFlows: true,
  check: ({ experimentId, activityId }, known) =>
    complaintsOfIds(
      {
        experiment: experimentId,
        activity: activityId,
        keys: { experiment: 'experimentId', activity: 'activityId' },
      },
      known,
    ),
  create: (options, context) => new Perfsonar(options, context),
}
