import type { ViewPort, ViewRecord } from '../graph/view-port.ts'
import { componentId } from './component-id.ts'
import { type Connection, text } from './connection.ts'
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
  const listener = find(view, connection.listenerId)
  const connector = find(view, connection.connectorId)
  const sourceSite = siteOf(view, listener)
  const destSite = siteOf(view, connector)
  const source = find(view, text(connection.client, 'process'))
  const dest = find(view, text(connector, 'process'))
  const routingKey = text(listener, 'vanAddress') ?? text(connector, 'vanAddress')
  const sourceHost = text(connection.client, 'sourceHost')
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
  return record && find(view, siteIdOf(view, record))
}

function find(view: ViewPort, identity: string | undefined): ViewRecord | undefined {
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
