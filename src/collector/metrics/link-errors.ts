import { type Family, labelText, sampleLine } from '../../common/index.ts'
import { number, text } from '../graph/attribute-values.ts'
import type { ViewChange, ViewPort } from '../graph/view-port.ts'
import { siteIdOf } from './site-of.ts'

export const LINK_ERRORS: Family = {
  name: 'skupper_site_link_errors_total',
  help: 'How often links between routers went down, as the router counts it that connects.',
  type: 'counter',
}

const LINK_ERROR_LABELS = ['site_id', 'role'] as const

/** Labels come from the routers; beyond so many of them links are counted under `other`. */
const MAX_SERIES = 1000
const OTHER_LINKS = labelText(LINK_ERROR_LABELS, ['other', 'other'])

/** Links whose last count is remembered, so that one that comes back counts on. */
const MAX_LINKS = 10_000

/**
 * Counts how often links went down: by how much a router's own count grew since the collector first saw it. A count
 * that fell began anew.
 */
export class LinkErrors {
  readonly #view: ViewPort
  readonly #downCounts = new Map<string, number>()
  readonly #errors = new Map<string, number>()

  constructor(view: ViewPort) {
    this.#view = view
  }

  onChange({ kind, record }: ViewChange): void {
    if (record.recordType !== 'LINK' || kind === 'evicted') return
    const downCount = number(record, 'downCount')
    if (downCount === undefined) return
    const before = this.#downCounts.get(record.identity) ?? downCount
    this.#downCounts.delete(record.identity)
    this.#downCounts.set(record.identity, downCount)
    for (const oldest of this.#downCounts.keys()) {
      if (this.#downCounts.size <= MAX_LINKS) break
      this.#downCounts.delete(oldest)
    }
    const siteId = siteIdOf(this.#view, record)
    if (siteId === undefined) return
    const labels = labelText(LINK_ERROR_LABELS, [siteId, text(record, 'role') ?? 'unknown'])
    const isRoom = this.#errors.size < MAX_SERIES || this.#errors.has(labels)
    const counted = isRoom ? labels : OTHER_LINKS
    this.#errors.set(counted, (this.#errors.get(counted) ?? 0) + Math.max(0, downCount - before))
  }

  lines(): string {
    let lines = ''
    for (const [labels, count] of this.#errors) lines += sampleLine(LINK_ERRORS.name, labels, count)
    return lines
  }
}
