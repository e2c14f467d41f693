import { BPF_NEEDS, type PluginDefinition } from '../../unit.ts'
import { complaintsOfPairs } from './id-pairs.ts'
import { Iperf3 } from './iperf3.ts'
import { IPERF3_OPTIONS } from './options.ts'
import { complaintsOfPorts } from './port-ranges.ts'

/** The plugin `iperf3`. */
export const iperf3: PluginDefinition<typeof IPERF3_OPTIONS> = {
  options: IPERF3_OPTIONS,
  ownsFlows: true,
  check: (options, known) => [...complaintsOfPorts(options), ...complaintsOfPairs(options, known)],
  needs: [...BPF_NEEDS, 'cgroup'],
  create: (options, context) => new Iperf3(options, context),
}
