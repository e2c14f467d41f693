import { formatEndpoint, formatTimestamp, isIpv6OnTheWire, type Registry } from '../../scitags/index.ts'
import type { Flow } from '../flow.ts'
import type { FlowView } from './control-port.ts'
import { idNames } from './id-names.ts'

/** A flow as the control socket tells it: addresses with ports, names beside ids. */
export function viewFlow(flow: Flow, registry: Registry): FlowView {
  const { tuple, experiment, activity, label, usage } = flow
  return {
    protocol: tuple.protocol,
    family: tuple.family,
    source: formatEndpoint(tuple.source),
    destination: formatEndpoint(tuple.destination),
    experiment,
    activity,
    ...idNames(registry, experiment, activity),
    ...(label === undefined || !isIpv6OnTheWire(tuple) ? {} : { label }),
    application: flow.application,
    origin: flow.origin,
    startTime: formatTimestamp(flow.startTimeUs),
    ...(usage === undefined ? {} : { usage }),
  }
}
