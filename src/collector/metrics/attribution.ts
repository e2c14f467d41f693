import { text } from '../graph/attribute-values.ts'
import type { Connection } from '../graph/connection.ts'
import type { ViewPort, ViewRecord } from '../graph/view-port.ts'
import { componentId } from './component-id.ts'
import { siteIdOf } from './site-of.ts'
import type { Traffic, TrafficEnd } from './traffic-labels.ts'

const UNKNOWN = 'unknown'

/**
 * Whose traffic connections are. Many connections have the same ends: what was found for one holds for the others
 * until `forget`, since names and links may change.
 */
export class Attribution {
  readonly #view: ViewPort
  readonly #found = new Map<string, Traffic>()

  constructor(view: ViewPort) {
    this.#view = view
  }

  /** The traffic of a connection, the same object for the same ends; undefined while records are missing. */
  find(connection: Connection): Traffic | undefined {
    const { client, listener, connector } = connection
    const ends = `${listener?.key} ${connector?.key} ${this.#view.processOf(client)?.key}`
    const known = this.#found.get(ends)
    if (known !== undefined) return known
    const traffic = this.#attribute(connection, false)
    if (traffic !== undefined) this.#found.set(ends, traffic)
    return traffic
  }

  /**
   * The traffic of a connection with what is known now. What is unknown gets the names that Skupper's
   * network-observer gives: `site-client-<host>-<site>`, `site-server-<host>-<site>`, else `unknown`.
   */
  settle(connection: Connection): Traffic {
    return this.#attribute(connection, true)
  }

  forget(): void {
    this.#found.clear()
  }

  #attribute(connection: Connection, acceptsUnknown: true): Traffic
  #attribute(connection: Connection, acceptsUnknown: boolean): Traffic | undefined
  #attribute({ client, listener, connector }: Connection, acceptsUnknown: boolean): Traffic | undefined {
    const view = this.#view
    const sourceSite = siteOf(view, listener)
    const destSite = siteOf(view, connector)
    const source = view.processOf(client)
    const dest = connector && view.processOf(connector)
    const routingKey = text(listener, 'vanAddress') ?? text(connector, 'vanAddress')
    const areSitesKnown = text(sourceSite, 'name') !== undefined && text(destSite, 'name') !== undefined
    const isComplete = areSitesKnown && source !== undefined && dest !== undefined && routingKey !== undefined
    if (!isComplete && !acceptsUnknown) return undefined
    return {
      source: end(sourceSite, source, 'client', text(client, 'sourceHost')),
      dest: end(destSite, dest, 'server', text(connector, 'destHost')),
      routingKey: routingKey ?? UNKNOWN,
      protocol: text(listener, 'protocol') ?? text(connector, 'protocol') ?? UNKNOWN,
    }
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
