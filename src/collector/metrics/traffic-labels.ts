import { labelText } from '../../common/index.ts'

/** Who stands at one end of a connection. */
export interface TrafficEnd {
  siteId: string
  siteName: string
  componentId: string
  componentName: string
  processName: string
}

/** What a series of traffic is about. */
export interface Traffic {
  source: TrafficEnd
  dest: TrafficEnd
  routingKey: string
  protocol: string
}

/** The labels of every traffic metric, in the order of Skupper's network-observer. */
export const TRAFFIC_LABELS = [
  'source_site_id',
  'dest_site_id',
  'source_site_name',
  'dest_site_name',
  'source_component_id',
  'dest_component_id',
  'source_component_name',
  'dest_component_name',
  'routing_key',
  'protocol',
  'source_process_name',
  'dest_process_name',
] as const

export function trafficLabelText({ source, dest, routingKey, protocol }: Traffic): string {
  return labelText(TRAFFIC_LABELS, [
    source.siteId,
    dest.siteId,
    source.siteName,
    dest.siteName,
    source.componentId,
    dest.componentId,
    source.componentName,
    dest.componentName,
    routingKey,
    protocol,
    source.processName,
    dest.processName,
  ])
}

/** What all traffic beyond the cap on series is counted under, so that sums stay right. */
export const OTHER_TRAFFIC: Traffic = trafficOf('other')

/** What is counted under when nothing is known of a connection. */
export const UNKNOWN_TRAFFIC: Traffic = trafficOf('unknown')

/** Traffic with the same word for every label. */
function trafficOf(word: string): Traffic {
  const end = { siteId: word, siteName: word, componentId: word, componentName: word, processName: word }
  return { source: end, dest: end, routingKey: word, protocol: word }
}
