import type { EnricherDefinition } from '../../unit.ts'
import { NetlinkEnricher } from './netlink-enricher.ts'
import { NETLINK_OPTIONS } from './options.ts'

/** The enricher `netlink`. */
export const netlink: EnricherDefinition<typeof NETLINK_OPTIONS> = {
  options: NETLINK_OPTIONS,
  create: (options, context) => new NetlinkEnricher(options, context),
}
