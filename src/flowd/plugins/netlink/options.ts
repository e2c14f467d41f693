import Type from 'typebox'
import { APPLICATION_LENGTH } from '../../../scitags/index.ts'
import { activityOption, experimentOption } from '../../events/index.ts'
import { WATCH_PERIOD_OPTION } from '../socket-watch/index.ts'

const NETWORK = Type.String({ format: 'network' })
const PORTS = Type.Array(Type.String({ format: 'port-range' }), { minItems: 1 })

/** One item of `rules`: what a socket must be like, all of it, and what its traffic is for. */
export const RULE_OPTIONS = Type.Object({
  destinationNetworks: Type.Optional(
    Type.Array(NETWORK, {
      minItems: 1,
      description: 'Where the other end is: networks or addresses. Naming a private network here includes it.',
    }),
  ),
  sourceNetworks: Type.Optional(
    Type.Array(NETWORK, { minItems: 1, description: "Where this host's end is: networks or addresses." }),
  ),
  destinationPorts: Type.Optional({
    ...PORTS,
    description: 'Ports of the other end, ranges as `5000-5010` among them.',
  }),
  sourcePorts: Type.Optional({ ...PORTS, description: "Ports of this host's end, likewise." }),
  protocol: Type.Optional(
    Type.Enum(['tcp', 'udp'], {
      caseInsensitive: true,
      description: 'Only TCP, or only UDP sockets that are connected.',
    }),
  ),
  user: Type.Optional(
    Type.String({ minLength: 1, description: 'The user that made the socket, by name (of /etc/passwd) or number.' }),
  ),
  cgroup: Type.Optional(
    Type.String({
      pattern: '^/?[^/]',
      form: 'the path of a cgroup',
      description:
        'The cgroup (version 2) in which the socket was made, or one above it: a path below the mount, as `system.slice/xrootd.service`.',
    }),
  ),
  experiment: experimentOption({ description: 'What the traffic is for: an experiment, by name or id.' }),
  activity: activityOption({ description: 'Its activity, by name or id.' }),
  application: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: APPLICATION_LENGTH,
      form: `a name of at most ${APPLICATION_LENGTH} characters`,
      description: 'What fireflies call the program; flowd itself when left out.',
    }),
  ),
})

/** The configuration section `plugins.netlink`. */
export const NETLINK_OPTIONS = Type.Object(
  {
    period: WATCH_PERIOD_OPTION,
    watch: Type.Enum(['looks', 'socketOps'], {
      default: 'looks',
      caseInsensitive: true,
      description:
        'How new connections are found: `looks`, one each `period`; or `socketOps`, between looks as well, as the kernel tells of each TCP connection (BPF: CAP_BPF, CAP_NET_ADMIN and cgroup v2).',
    }),
    rules: Type.Array(RULE_OPTIONS, {
      default: [],
      description: 'What traffic is for: the first rule that a socket fits counts, and what fits none is not tagged.',
    }),
    internalNetworks: Type.Array(NETWORK, {
      default: [],
      description: 'Networks and addresses of the site: no connection to them is tagged, whatever the rules say.',
    }),
    privateDestinations: Type.Boolean({
      default: false,
      description:
        'Whether rules without `destinationNetworks` also fit connections to addresses that the public internet does not route: private, loopback, link-local, documentation and the like.',
    }),
  },
  { description: "Tags this host's connections, those that are there already and new ones, by rules." },
)

export type NetlinkOptions = Type.Static<typeof NETLINK_OPTIONS>
export type RuleOptions = Type.Static<typeof RULE_OPTIONS>
