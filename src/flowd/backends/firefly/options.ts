import Type from 'typebox'
import { ADDRESS_MAPPING_OPTIONS } from '../../addresses/index.ts'

/** The configuration section `backends.firefly`. */
export const FIREFLY_OPTIONS = Type.Object(
  {
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
      description: 'Send each firefly to a collector as well.',
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
    stun: Type.Optional(ADDRESS_MAPPING_OPTIONS),
  },
  { description: 'Tells the network of flows, by UDP datagrams (fireflies).' },
)

export type FireflyOptions = Type.Static<typeof FIREFLY_OPTIONS>
