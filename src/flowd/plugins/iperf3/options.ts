import Type from 'typebox'
import { activityOption, experimentOption } from '../../events/index.ts'
import { CGROUP_PATH_OPTION, PROGRAM_PATH_OPTION } from '../../sock-ops/index.ts'

const port = (which: string) =>
  Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: `${which}; 0 for no such bound.` })

const PAIRED = 'ids or names of the registry: those at the same place in both lists make a pair.'

/** The configuration section `plugins.iperf3`. */
export const IPERF3_OPTIONS = Type.Object(
  {
    minSourcePort: port('Connections whose port on this host is less are left out'),
    maxSourcePort: port('Connections whose port on this host is greater are left out'),
    minDestinationPort: port('Connections whose port on the other host is less are left out'),
    maxDestinationPort: port('Connections whose port on the other host is greater are left out'),
    experimentIDs: Type.Array(experimentOption({ description: 'An experiment, by id or name.' }), {
      default: [0, 1, 2],
      minItems: 1,
      description: `The experiments that connections are given, ${PAIRED}`,
    }),
    activityIDs: Type.Array(activityOption({ description: 'An activity, by id or name.' }), {
      default: [0, 1, 2],
      minItems: 1,
      description: `The activities that connections are given, ${PAIRED}`,
    }),
    randomIDs: Type.Boolean({
      default: false,
      description: 'Draw the pair of each connection at random; else they take turns.',
    }),
    cgroupPath: CGROUP_PATH_OPTION,
    programPath: PROGRAM_PATH_OPTION,
    debugMode: Type.Boolean({
      default: false,
      description: 'Log each connection that opens and closes, at level debug.',
    }),
  },
  {
    description: 'Tags the TCP connections of this host by their ports, as they open: made for load tests with iperf3.',
  },
)

export type Iperf3Options = Type.Static<typeof IPERF3_OPTIONS>
