import { FlowPage } from '../../src/flowd/backends/prometheus/flow-page.ts'
import { LegacyPage } from '../../src/flowd/backends/prometheus/legacy/index.ts'
import type { Page } from '../../src/flowd/backends/prometheus/page.ts'
import { REGISTRY_SNAPSHOT, Registry } from '../../src/scitags/index.ts'
import { flowOf, startEvent } from '../../test/support/flowd/flows.ts'
import { EVERY_FIELD, sampleOf } from '../../test/support/flowd/samples.ts'
import { familiesOf, familyTable } from './metric-families.ts'

const BACKEND = '../../src/flowd/backends/prometheus/README.md'

/** What the backend `prometheus` says of flows, by pages that have seen one. */
export function prometheusSections(): string[] {
  const registry = { current: new Registry(REGISTRY_SNAPSHOT) }
  const own = familiesOf(textOf(new FlowPage({ maxFlowSeries: 1, registry })))
  const legacy = familiesOf(textOf(new LegacyPage({ source: 'netlink', flavour: 'Netlink' }, 1)))
  // Every metric of a flow has its labels, unless the sample above lacks what it shows.
  const bare = [...own, ...legacy].filter(({ labels }) => labels.length === 0)
  if (bare.length > 0) throw new Error(`without a line: ${bare.map(({ name }) => name).join(', ')}`)
  const beginsWith = (prefix: string) => own.filter(({ name }) => name.startsWith(prefix))
  return [
    '## Metrics of flows',
    '',
    `What the [backend prometheus](${BACKEND}) serves: sums by activity, which outlive flows, and series of each live flow.`,
    '',
    '### Sums by activity',
    '',
    ...familyTable(beginsWith('tidemark_activity_')),
    '',
    '### Flows',
    '',
    ...familyTable(beginsWith('tidemark_flow_')),
    '',
    '### With the names of flowd-go',
    '',
    'With `legacyNames`, in place of the two above, in the units of flowd-go.',
    '',
    ...familyTable(legacy),
  ]
}

function textOf(page: Page): string {
  const flow = flowOf(startEvent(1))
  page.handle({ kind: 'start', flow })
  page.handle({ kind: 'sample', flow, sample: sampleOf(EVERY_FIELD) })
  return [...page.parts()].join('')
}
