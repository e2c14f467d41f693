import { labelText } from '../../../../common/index.ts'
import type { Registry } from '../../../../scitags/index.ts'
import type { Flow } from '../../../flow.ts'
import type { TcpSample } from '../../../sample.ts'
import type { FlowCounter } from '../flow-counter.ts'
import { activityName, experimentName } from '../names.ts'

const LABELS = [
  'experiment',
  'activity',
  'protocol',
  'source',
  'source_port',
  'destination',
  'destination_port',
  'interface',
]

/** A flow with series of its own. */
export interface ShownFlow {
  readonly flow: Flow
  readonly labels: string
  readonly counter: FlowCounter
  /** The latest. */
  sample: TcpSample | undefined
}

export function flowLabels(flow: Flow, interfaceName: string, registry: Registry): string {
  const { experiment, activity, tuple } = flow
  const { protocol, source, destination } = tuple
  return labelText(LABELS, [
    experimentName(registry, experiment),
    activityName(registry, experiment, activity),
    protocol,
    source.address,
    String(source.port),
    destination.address,
    String(destination.port),
    interfaceName,
  ])
}
