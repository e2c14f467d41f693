import type { Flow } from '../../flow.ts'

/** Where the mark stands in a packet, in the order of `enum strategy` in `bpf/marker.h`. */
export const STRATEGIES = ['label', 'hopByHop', 'destination', 'hopByHopDestination'] as const

export type MarkingStrategy = (typeof STRATEGIES)[number]

/** How many bytes a strategy inserts into each marked packet. */
export const INSERTED_BYTES: Readonly<Record<MarkingStrategy, number>> = {
  label: 0,
  hopByHop: 8,
  destination: 8,
  hopByHopDestination: 16,
}

/** What decides a flow's mark. */
export type Markable = Pick<Flow, 'key' | 'tuple' | 'label' | 'experiment' | 'activity'>

/**
 * What a flow's packets carry: the 20-bit flow label, or for extension headers the experiment (16 bits) and the
 * activity (8 bits). Undefined for ids that cannot be marked; these are the same under every strategy.
 */
export function markOf(strategy: MarkingStrategy, { label, experiment, activity }: Omit<Markable, 'key' | 'tuple'>) {
  if (label === undefined || strategy === 'label') return label
  return (experiment << 8) | activity
}
