import type { EnricherDefinition } from '../../unit.ts'
import { BPF_NEEDS } from '../../unit.ts'
import { SKOPS_OPTIONS } from './options.ts'
import { Skops } from './skops.ts'

/** The enricher `skops`. */
export const skops: EnricherDefinition<typeof SKOPS_OPTIONS> = {
  options: SKOPS_OPTIONS,
  needs: [...BPF_NEEDS, 'CAP_PERFMON', 'cgroup'],
  create: (options, context) => new Skops(options, context),
}
