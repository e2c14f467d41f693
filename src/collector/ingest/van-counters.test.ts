import rhea from 'rhea'
import { beforeEach, describe, expect, it } from 'vitest'
import { MAIN, routerRecord, ToldSources } from '../../../test/support/told-sources.ts'
import { BEACON_ADDRESS, encodeBeacon, encodeRecords } from '../../vanflow/index.ts'

const { message } = rhea

let van: ToldSources
beforeEach(() => {
  van = new ToldSources()
})

describe('what the sources of a network cannot use', () => {
  it('takes no address that is not multicast, and no more sources than its limit', () => {
    for (const address of ['queue', BEACON_ADDRESS]) {
      van.receive(BEACON_ADDRESS, encodeBeacon({ id: 'x', direct: 'y', sourceType: 'ROUTER', address }, 'router'))
    }
    for (const id of ['a:0', 'b:0', 'c:0', 'd:0']) van.beacon(id)
    expect(van.counters.messages.droppedByCause).toEqual(
      new Map([
        ['malformed-beacon', 2],
        ['source-limit', 1],
      ]),
    )
    expect(van.sources.size).toBe(3)
    expect(van.balance).toBe(0)
  })

  it('drops what comes late for a source that is gone, counted', () => {
    const source = van.liveRouter()
    van.sources.tick(30.5e6)
    van.counters.messages.received += 1
    van.sources.receive(encodeRecords({ to: MAIN, records: [routerRecord(100)] }), source, MAIN, 31e6)
    expect(van.counters.messages.dropped('unknown-source')).toBe(1)
    expect(van.balance).toBe(0)
  })

  it('counts what it cannot use by cause, and the sums match (defects 15 and 26)', async () => {
    van.liveRouter()
    van.port.outcome = 'unknown-type'
    const odd = { type: 99, identity: 'x', codes: [200], values: ['y'] }
    van.receive(MAIN, encodeRecords({ to: MAIN, messageId: 11, records: [odd, { ...odd, identity: '' }] }), 1)
    van.receive(MAIN, Buffer.from('no AMQP'), 1)
    expect(van.counters.messages.droppedByCause).toEqual(new Map([['malformed-sections', 1]]))
    expect(van.counters.records.droppedByCause).toEqual(
      new Map([
        ['no-identity', 1],
        ['unknown-type', 1],
      ]),
    )
    expect(await van.metrics.text()).toMatch(/attributes_noted_total{problem="unknown-attribute"} [12]\n/)
    expect(van.balance).toBe(0)
  })

  it('takes an empty list of records for a sign of life, and any other body for malformed (V15)', () => {
    const source = van.liveRouter()
    van.receive(MAIN, encodeRecords({ to: MAIN, messageId: 11, records: [] }), 9)
    expect(source.lastHeardUs).toBe(9e6)
    expect(van.counters.records.dropped()).toBe(0)
    const bodies: unknown[] = [message.data_section(Buffer.from('x')), null, 'text', 7]
    for (const body of bodies) {
      van.receive(MAIN, message.encode({ to: MAIN, subject: 'RECORD', message_id: 12, body }), 9)
    }
    expect(van.counters.records.droppedByCause).toEqual(new Map([['malformed-body', 4]]))
    expect(van.attached.has(MAIN)).toBe(true)
    expect(van.balance).toBe(0)
  })

  it('ignores messages without a subject that it knows, counted (V16), but no version of a BEACON (V8)', () => {
    van.liveRouter()
    for (const subject of [undefined, 'GOSSIP', 'FLUSH']) {
      van.receive(MAIN, message.encode({ to: MAIN, body: null, ...(subject === undefined ? {} : { subject }) }), 1)
    }
    expect(van.counters.messages.dropped('other-subject')).toBe(3)
    const application_properties = { v: 2, sourceType: 'ROUTER', id: 'x:0', address: 'mc/sfe.x:0', direct: 'sfe.x:0' }
    van.receive(
      BEACON_ADDRESS,
      message.encode({ to: BEACON_ADDRESS, subject: 'BEACON', application_properties, body: null }),
      1,
    )
    expect(van.attached.has('mc/sfe.x:0')).toBe(true)
    expect(van.balance).toBe(0)
  })
})
