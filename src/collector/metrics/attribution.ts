import { text } from '../graph/attribute-values.ts'
import type { Connection } from '../graph/connection.ts'
import type { ViewPort, ViewRecord } from '../graph/view-port.ts'
import { componentId } from './component-id.ts'
import { siteIdOf } from './site-of.ts'
import type { Traffic, TrafficEnd } from './traffic-labels.ts'

const UNKNOWN = 'unknown'

export interface Attribution {
  traffic: Traffic
  /** Whether every label has its final value: the records that it depends on are all there. */
  isComplete: boolean
}

/**
 * Whose traffic a connection is. What is unknown gets the names that Skupper's network-observer gives:
 * `site-client-<host>-<site>`, `site-server-<host>-<site>`, else `unknown`.
 */
export function attribute(view: ViewPort, connection: Connection): Attribution {
  const { client, listener, connector } = connection
  const sourceSite = siteOf(view, listener)
  const destSite = siteOf(view, connector)
  const source = view.processOf(client)
  const dest = connector && view.processOf(connector)
  const routingKey = text(listener, 'vanAddress') ?? text(connector, 'vanAddress')
  const sourceHost = text(client, 'sourceHost')
  const destHost = text(connector, 'destHost')
  return {
    traffic: {
      source: end(sourceSite, source, 'client', sourceHost),
      dest: end(destSite, dest, 'server', destHost),
      routingKey: routingKey ?? UNKNOWN,
      protocol: text(listener, 'protocol') ?? text(connector, 'protocol') ?? UNKNOWN,
    },
    isComplete:
      text(sourceSite, 'name') !== undefined &&
      text(destSite, 'name') !== undefined &&
      source !== undefined &&
      dest !== undefined &&
      routingKey !== undefined,
  }
}

function siteOf(view: ViewPort, record: ViewRecord | undefined): ViewRecord | undefined {
  const identity = record && siteIdOf(view, record)
  return identity === undefined ? undefined : view.get(identity)
}

function end(
  site: ViewRecord | undefined,
  process: ViewRecord | undefined,
  side: 'client' | 'server',
  host: string | undefined,
): TrafficEnd {
  const siteId = site?.identity ?? UNKNOWN
  const prefix = siteId.split('-')[0] ?? siteId
  const group = text(process, 'group') ?? (site === undefined ? UNKNOWN : `site-${side}s-${prefix}`)
  const inferredName = site === undefined || host === undefined ? UNKNOWN : `site-${side}-${host}-${prefix}`
  return {
    siteId,
    siteName: text(site, 'name') ?? UNKNOWN,
    componentId: componentId(group),
    componentName: group,
    processName: text(process, 'name') ?? inferredName,
  }
}
