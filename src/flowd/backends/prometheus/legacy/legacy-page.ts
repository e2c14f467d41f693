import { familyHead, labelText } from '../../../../common/index.ts'
import type { Flow, FlowChange } from '../../../flow.ts'
import type { TcpSample } from '../../../sample.ts'
import { FlowSlots } from '../flow-slots.ts'
import type { Page } from '../page.ts'
import { readLines } from '../read-family.ts'
import { LEGACY_FAMILIES } from './families.ts'

const LABELS = ['act', 'dst', 'exp', 'flavour', 'flow', 'src']

/** Which enricher a page is about. */
export interface LegacySource {
  /** Its name, as samples bear it. */
  source: string
  /** What flowd-go calls it in the label `flavour`. */
  flavour: string
}

interface SampledFlow {
  labels: string
  sample: TcpSample
}

/** What flowd-go shows of one enricher: the latest sample of each flow. */
export class LegacyPage implements Page {
  readonly #source: LegacySource
  readonly #slots: FlowSlots<SampledFlow>

  constructor(source: LegacySource, maxFlowSeries: number) {
    this.#source = source
    this.#slots = new FlowSlots(maxFlowSeries)
  }

  get shown(): number {
    return this.#slots.size
  }

  get refused(): number {
    return this.#slots.refused
  }

  handle(change: FlowChange): void {
    if (change.kind === 'end') this.#slots.close(change.flow.key)
    else if (change.kind === 'sample' && change.sample.source === this.#source.source) {
      const { flow, sample } = change
      const sampled = this.#slots.open(flow.key, () => ({ labels: this.#labels(flow), sample }))
      if (sampled !== undefined) sampled.sample = sample
    }
  }

  *parts(): Generator<string> {
    for (const family of LEGACY_FAMILIES) {
      yield familyHead(family)
      for (const { labels, sample } of this.#slots.entries()) yield readLines(family, labels, sample)
    }
  }

  #labels({ experiment, activity, tuple: { source, destination } }: Flow): string {
    return labelText(LABELS, [
      String(activity),
      destination.address,
      String(experiment),
      this.#source.flavour,
      `<${source.port}:${destination.port}>`,
      source.address,
    ])
  }
}
