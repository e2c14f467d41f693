import { formatEndpoint, formatTimestamp, type TimestampUs } from '../../../scitags/index.ts'
import type { FlowEvent, FlowState } from '../../event.ts'
import type { Flow } from '../../flow.ts'

/** flowd-go's numbers for the words of a flow. */
export const STATES: Readonly<Record<FlowState, number>> = { start: 2, end: 3, ongoing: 4 }
export const PROTOCOLS = { tcp: 0, udp: 1 } as const
export const FAMILIES = { ipv4: 2, ipv6: 10 } as const

/** The time that flowd-go sends for none. */
export const NO_TIME = '0001-01-01T00:00:00Z'

/** A flow or event in the JSON of flowd-go's API. */
export interface FlowId {
  State: number
  Protocol: number
  Family: number
  /** `192.0.2.1:2345` or `[2001:db8::1]:2345` */
  Src: string
  Dst: string
  Experiment: number
  Activity: number
  StartTs: string
  EndTs: string
  CurrentTs: string
  Info: { tcpInfo: null }
  Application: string
  FlowInfoChans: null
}

/** What a FlowID tells, of an event or of a live flow. */
export type FlowIdSource = Pick<FlowEvent, 'state' | 'flow' | 'experiment' | 'activity'> & {
  application: string
  startTimeUs?: TimestampUs | undefined
  endTimeUs?: TimestampUs | undefined
}

/** Writes a flow in flowd-go's form, its keys in flowd-go's order. */
export function formatFlowId(source: FlowIdSource): FlowId {
  const { flow } = source
  return {
    State: STATES[source.state],
    Protocol: PROTOCOLS[flow.protocol],
    Family: FAMILIES[flow.family],
    Src: formatEndpoint(flow.source),
    Dst: formatEndpoint(flow.destination),
    Experiment: source.experiment,
    Activity: source.activity,
    StartTs: timeText(source.startTimeUs),
    EndTs: timeText(source.endTimeUs),
    CurrentTs: NO_TIME,
    Info: { tcpInfo: null },
    Application: source.application,
    FlowInfoChans: null,
  }
}

/** A live flow in flowd-go's form. */
export function formatLiveFlow(flow: Flow): FlowId {
  const { tuple, experiment, activity, application, startTimeUs, endTimeUs } = flow
  return formatFlowId({ state: 'start', flow: tuple, experiment, activity, application, startTimeUs, endTimeUs })
}

function timeText(us: TimestampUs | undefined): string {
  return us === undefined ? NO_TIME : formatTimestamp(us).replace('+00:00', 'Z')
}
