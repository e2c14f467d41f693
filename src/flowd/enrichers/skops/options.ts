import Type from 'typebox'
import { CGROUP_PATH_OPTION, PROGRAM_PATH_OPTION } from '../../sock-ops/index.ts'

/** The configuration section `enrichers.skops`. */
export const SKOPS_OPTIONS = Type.Object(
  {
    strategy: Type.Enum(['poll', 'transition'], {
      default: 'poll',
      caseInsensitive: true,
      description:
        'When a flow is sampled: `poll` when its round-trip time is measured and the period is over, `transition` when its socket changes its state; both when it closes.',
    }),
    maxFlows: Type.Integer({
      default: 100_000,
      minimum: 1,
      maximum: 10_000_000,
      description: 'How many flows can be followed at once; those beyond are counted and not sampled.',
    }),
    cgroupPath: CGROUP_PATH_OPTION,
    programPath: PROGRAM_PATH_OPTION,
    debugMode: Type.Boolean({ default: false, description: 'Log each sample, at level debug.' }),
  },
  { description: 'Samples the TCP statistics of flows from within the kernel, by BPF sock_ops.' },
)

export type SkopsOptions = Type.Static<typeof SKOPS_OPTIONS>
