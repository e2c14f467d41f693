import { text } from '../graph/attribute-values.ts'
import type { ViewPort, ViewRecord } from '../graph/view-port.ts'

/** The id of the site of a listener, connector or link: what its router names as its site, seen or not. */
export function siteIdOf(view: ViewPort, record: ViewRecord): string | undefined {
  const router = view.get(text(record, 'parent') ?? '')
  return router && text(router, 'parent')
}
