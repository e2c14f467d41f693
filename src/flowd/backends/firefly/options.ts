import Type from 'typebox'
import { ADDRESS_MAPPING_OPTIONS } from '../../addresses/index.ts'
import { receiverList } from '../../datagrams/index.ts'
import { ENRICHMENT_MODES } from './enrichment/index.ts'

/** The configuration section `backends.firefly`. */
export const FIREFLY_OPTIONS = Type.Object(
  {
    sendToDestination: Type.Boolean({
      default: true,
      description: "Send each firefly to the flow's destination.",
    }),
    destinationPort: Type.Integer({
      default: 10_514,
      minimum: 1,
      maximum: 65_535,
      description: "UDP port at the flow's destination to which each firefly goes.",
    }),
    prependSyslog: Type.Boolean({
      default: true,
      description: 'Put a syslog header (RFC 5424) before the JSON; collectors want one.',
    }),
    sendToCollector: Type.Boolean({
      default: false,
      description: 'Send each firefly to the collector at `collectorAddress` and `collectorPort` as well.',
    }),
    collectorAddress: Type.String({
      default: '127.0.0.1',
      minLength: 1,
      description: 'The collector: an IP address, or a name that is looked up again every minute.',
    }),
    collectorPort: Type.Integer({
      default: 10_514,
      minimum: 1,
      maximum: 65_535,
      description: "The collector's UDP port.",
    }),
    collectors: receiverList('More collectors that get each firefly.'),
    sourceIpv4: Type.String({
      default: '0.0.0.0',
      format: 'ipv4',
      description: 'The address of this host that fireflies come from over IPv4; with `0.0.0.0` the kernel chooses.',
    }),
    sourceIpv6: Type.String({
      default: '::',
      format: 'ipv6',
      description: 'The same over IPv6; with `::` the kernel chooses.',
    }),
    enrich: Type.Boolean({
      default: false,
      description: 'Send `ongoing` fireflies with the TCP statistics that the enrichers read: one for each reading.',
    }),
    enrichmentMode: Type.Enum(ENRICHMENT_MODES, {
      default: 'lean',
      caseInsensitive: true,
      description:
        'How statistics are written: `lean`, the most telling ones; `compatible`, as the Python flowd names them; `full`, everything.',
    }),
    ongoingPeriod: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 86_400,
      unit: 's',
      description:
        'Send one `ongoing` firefly of each live flow in each such period, with its last statistics if there are any, instead of one for each reading; 0 sends none but those.',
    }),
    stun: Type.Optional(ADDRESS_MAPPING_OPTIONS),
  },
  { description: 'Tells the network of flows, by UDP datagrams (fireflies).' },
)

export type FireflyOptions = Type.Static<typeof FIREFLY_OPTIONS>
