import { complaintsOfIds } from '../../events/index.ts'
import { BPF_NEEDS, type PluginDefinition } from '../../unit.ts'
import { NetlinkTagger } from './netlink.ts'
import { NETLINK_OPTIONS } from './options.ts'

/** The plugin `netlink`. */
export const netlink: PluginDefinition<typeof NETLINK_OPTIONS> = {
  options: NETLINK_OPTIONS,
  ownsFlows: true,
  check: ({ rules }, known) =>
    rules.flatMap(({ experiment, activity }, index) => {
      const keys = { experiment: `rules[${index}].experiment`, activity: `rules[${index}].activity` }
      return complaintsOfIds({ experiment, activity, keys }, known)
    }),
  needsFor: ({ watch }) => (watch === 'socketOps' ? [...BPF_NEEDS, 'cgroup'] : []),
  create: (options, context) => new NetlinkTagger(options, context),
}
