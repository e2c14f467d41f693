import { describe, expect, it } from 'vitest'
import { RECORD_TYPE } from '../../vanflow/index.ts'
import { Records } from './records.ts'
import { RETENTION_DEFAULTS } from './retention.ts'

describe('a record that several sources mention', () => {
  it('remembers those that are open, and a few of them only', () => {
    const records = new Records(RETENTION_DEFAULTS, () => 0)
    const { sources, store } = records
    const owner = sources.open('router', 'ROUTER', 0)
    const row = store.add('site')
    records.begin(row, RECORD_TYPE.SITE, owner)
    for (let number = 0; number < 1000; number += 1) {
      const controller = sources.open(`controller-${number}`, 'CONTROLLER', 0)
      records.share(row, controller)
      records.share(row, controller)
      controller.isOpen = false
    }
    expect(records.coOwners.get(row)).toHaveLength(1)
    for (let number = 0; number < 1000; number += 1) records.share(row, sources.open(`other-${number}`, 'UNKNOWN', 0))
    expect(records.coOwners.get(row)?.length).toBeLessThan(100)
    expect(records.handOver(row, owner)).toBe(true)
    expect(records.reader.sourceOf(row)?.id).toBe('other-0')
  })
})
