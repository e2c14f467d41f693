import Type from 'typebox'
import { activityOption, experimentOption } from '../../events/index.ts'
import { WATCH_PERIOD_OPTION } from '../socket-watch/index.ts'

/** The configuration section `plugins.perfsonar`. */
export const PERFSONAR_OPTIONS = Type.Object(
  {
    experimentId: experimentOption({
      default: 0,
      description: 'What all traffic is for: an experiment, by id or name.',
    }),
    activityId: activityOption({ default: 0, description: 'Its activity, by id or name.' }),
    period: WATCH_PERIOD_OPTION,
  },
  { description: 'Tags all that leaves this host: every packet over IPv6, and each connection by itself.' },
)

export type PerfsonarOptions = Type.Static<typeof PERFSONAR_OPTIONS>
