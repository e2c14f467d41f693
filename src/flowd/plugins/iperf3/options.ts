import Type from 'typebox'
import { CGROUP_PATH_OPTION, PROGRAM_PATH_OPTION } from '../../sock-ops/index.ts'

const port = (which: string) =>
  Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: `${which}; 0 for no such bound.` })

const ids = (what: string, max: number) =>
  Type.Array(Type.Union([Type.Integer({ minimum: 0, maximum: max }), Type.String({ minLength: 1 })]), {
    default: [0, 1, 2],
    minItems: 1,
    description: `${what}, ids or names of the registry: those at the same place in both lists make a pair.`,
  })

/** The configuration section `plugins.iperf3`. */
export const IPERF3_OPTIONS = Type.Object(
  {
    minSourcePort: port('Connections whose port on this host is less are left out'),
    maxSourcePort: port('Connections whose port on this host is greater are left out'),
    minDestinationPort: port('Connections whose port on the other host is less are left out'),
    maxDestinationPort: port('Connections whose port on the other host is greater are left out'),
    experimentIDs: ids('The experiments that connections are given', 1023),
    activityIDs: ids('The activities that connections are given', 63),
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
