import type { AttributeValue } from '../../../vanflow/index.ts'
import type { ViewRecord } from '../view-port.ts'

/** A record that no source sent: the collector concludes it from others. It neither begins nor ends, it is there. */
export abstract class InferredRecord implements ViewRecord {
  readonly key: number
  readonly identity: string
  abstract readonly recordType: string
  abstract readonly attributes: Readonly<Record<string, AttributeValue>>
  isRetained = true
  readonly startTimeUs = undefined
  readonly endTimeUs = undefined
  readonly endReason = undefined
  readonly durationUs = undefined
  readonly sourceId = undefined
  readonly isIncomplete = false

  /** @param number counts the inferred records, from 0 */
  constructor(number: number) {
    this.key = -1 - number
    this.identity = `col:${number}`
  }

  get(name: string): AttributeValue | undefined {
    return this.attributes[name]
  }
}
