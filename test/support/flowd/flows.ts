import type { FlowEvent } from '../../../src/flowd/event.ts'
import type { Flow } from '../../../src/flowd/flow.ts'
import { FlowTable } from '../../../src/flowd/flow-table/index.ts'
import { addressFamily } from '../../../src/scitags/index.ts'

/** A start event of a flow between documentation addresses; what matters to a test is overridden. */
export function startEvent(sourcePort: number, change: Partial<FlowEvent> = {}): FlowEvent {
  return {
    state: 'start',
    flow: tuple(sourcePort),
    experiment: 3,
    activity: 14,
    origin: 'test',
    ...change,
  }
}

export function endEvent(sourcePort: number, change: Partial<FlowEvent> = {}): FlowEvent {
  return startEvent(sourcePort, { state: 'end', ...change })
}

export function tuple(sourcePort: number, source = '2001:db8::1', destination = '2001:db8::2'): FlowEvent['flow'] {
  return {
    protocol: 'tcp',
    family: addressFamily(source),
    source: { address: source, port: sourcePort },
    destination: { address: destination, port: 5777 },
  }
}

/** The flow that a table makes of an event. */
export function flowOf(event: FlowEvent): Flow {
  let made: Flow | undefined
  const table = new FlowTable({ maxFlows: 1, application: 'test', onChange: change => (made = change.flow) })
  table.apply(event)
  if (made === undefined) throw new Error(`the event ${event.state} makes no flow`)
  const { key, tuple, experiment, activity, application, label, origin, startTimeUs, endTimeUs, usage } = made
  return { key, tuple, experiment, activity, application, label, origin, startTimeUs, endTimeUs, usage }
}
