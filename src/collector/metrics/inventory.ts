import { type Family, labelText, sampleLine } from '../../common/index.ts'
import { text } from '../graph/attribute-values.ts'
import type { ViewPort, ViewRecord } from '../graph/view-port.ts'
import { siteIdOf } from './site-of.ts'

/** A gauge that counts live records by labels; `labels` is undefined for one that does not count (yet). */
interface InventoryGauge extends Family {
  type: 'gauge'
  recordType: string
  labels(view: ViewPort, record: ViewRecord): string | undefined
}

const RECORDS_PER_PART = 2000

/** What the network consists of. */
export const INVENTORY: readonly InventoryGauge[] = [
  {
    name: 'skupper_site_info',
    help: 'A site: 1 while it is there, 0 once it is gone.',
    type: 'gauge',
    recordType: 'SITE',
    labels: (_view, site) => {
      const name = text(site, 'name')
      // Controllers of 1.x call it version, of 2.x buildVersion.
      const version = text(site, 'version') ?? text(site, 'buildVersion')
      if (name === undefined || version === undefined) return undefined
      return labelText(['site_id', 'name', 'version'], [site.identity, name, version])
    },
  },
  {
    name: 'skupper_routers_total',
    help: 'Routers of a site.',
    type: 'gauge',
    recordType: 'ROUTER',
    labels: (_view, router) => {
      const siteId = text(router, 'parent')
      const mode = text(router, 'mode')
      return siteId === undefined || mode === undefined ? undefined : labelText(['site_id', 'mode'], [siteId, mode])
    },
  },
  {
    name: 'skupper_site_links_total',
    help: 'Links between routers, by the site that connects.',
    type: 'gauge',
    recordType: 'LINK',
    labels: (view, link) => {
      const siteId = siteIdOf(view, link)
      if (siteId === undefined) return undefined
      return labelText(['site_id', 'role', 'status'], [siteId, roleOf(link), text(link, 'operStatus') ?? 'up'])
    },
  },
  bindings('skupper_site_listeners_total', 'Listeners of a site.', 'LISTENER'),
  bindings('skupper_site_connectors_total', 'Connectors of a site.', 'CONNECTOR'),
]

/** Routers of 2.x say `mode` for what later ones call `role`; they report only links that are up. */
function roleOf(link: ViewRecord): string {
  const mode = text(link, 'mode')
  return text(link, 'role') ?? (mode === 'interior' ? 'inter-router' : (mode ?? 'unknown'))
}

function bindings(name: string, help: string, recordType: string): InventoryGauge {
  return {
    name,
    help,
    type: 'gauge',
    recordType,
    labels: (view, record) => {
      const siteId = siteIdOf(view, record)
      return siteId === undefined ? undefined : labelText(['site_id'], [siteId])
    },
  }
}

/** Counts the live records of a gauge's type. What was counted once and is there no more shows as 0. */
export class InventoryCounts {
  readonly #view: ViewPort
  readonly #gauge: InventoryGauge
  readonly #maxSeries: number
  #counts = new Map<string, number>()

  constructor(view: ViewPort, gauge: InventoryGauge, maxSeries: number) {
    this.#view = view
    this.#gauge = gauge
    this.#maxSeries = maxSeries
  }

  get family(): Family {
    return this.#gauge
  }

  /** The samples, in parts: others have their turn after each. */
  *lines(): Generator<string> {
    const counts = new Map([...this.#counts.keys()].slice(0, this.#maxSeries / 2).map(labels => [labels, 0]))
    let seen = 0
    for (const record of this.#view.byType(this.#gauge.recordType)) {
      seen += 1
      if (seen % RECORDS_PER_PART === 0) yield ''
      if (record.endTimeUs !== undefined) continue
      const labels = this.#gauge.labels(this.#view, record)
      if (labels === undefined || (counts.size >= this.#maxSeries && !counts.has(labels))) continue
      counts.set(labels, (counts.get(labels) ?? 0) + 1)
    }
    this.#counts = counts
    for (const [labels, count] of counts) yield sampleLine(this.#gauge.name, labels, count)
  }
}
