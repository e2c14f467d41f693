import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeBeacon, encodeFlush, encodeHeartbeat, encodeRecords } from './index.ts'

/** Messages of a router, byte for byte. */
const BYTES = {
  beacon:
    '005373d00000001b00000004550040a10a6d632f7366652e616c6ca106424541434f4e005374d1000000580000000aa301765201a30a736f7572636554797065a106524f55544552a3026964a107667a3677713a30a30761646472657373a10e6d632f7366652e667a3677713a30a306646972656374a10b7366652e667a3677713a3000537740',
  heartbeat:
    '005373d00000002200000004550140a10e6d632f7366652e667a3677713a30a109484541525442454154005374d10000002400000006a301765201a3036e6f778000060a24181e4000a3026964a107667a3677713a3000537740',
  twoRecords:
    '005373d00000001f00000004550240a10e6d632f7366652e667a3677713a30a1065245434f5244005377d00000006100000002d1000000330000000a4352015201a107667a3677713a3052038000060a24181e4000520da108696e746572696f72521ea106302f77657374d100000020000000084352055201a107667a3677713a335202a107667a3677713a30522844',
  site: '005373d00000001f00000004550340a10e6d632f7366652e667a3677713a30a1065245434f5244005377d00000002500000001d10000001c0000000843435201a106736974652d3152035364521ea10477657374',
  flush: '00537045005373d00000001a000000044040a10b7366652e667a3677713a30a105464c555348005377a100',
}
const T = 1_700_000_000_000_000

const beacon = {
  messageId: 0,
  sourceType: 'ROUTER',
  id: 'fz6wq:0',
  address: 'mc/sfe.fz6wq:0',
  direct: 'sfe.fz6wq:0',
}
const heartbeat = { messageId: 1, to: 'mc/sfe.fz6wq:0', id: 'fz6wq:0', nowUs: T }
const twoRecords = {
  messageId: 2,
  to: 'mc/sfe.fz6wq:0',
  records: [
    { type: 1, identity: 'fz6wq:0', codes: [3, 13, 30], values: [T, 'interior', '0/west'] },
    { type: 5, identity: 'fz6wq:3', codes: [2, 40], values: ['fz6wq:0', 0] },
  ],
}
const site = {
  messageId: 3,
  to: 'mc/sfe.fz6wq:0',
  records: [{ type: 0, identity: 'site-1', codes: [3, 30], values: [100, 'west'] }],
}

const decode = (hex: string) => decodeMessage(Buffer.from(hex, 'hex'))

describe('the byte vectors of a router', () => {
  it('are decoded', () => {
    expect(decode(BYTES.beacon)).toEqual({ kind: 'beacon', to: 'mc/sfe.all', version: 1, ...beacon })
    expect(decode(BYTES.heartbeat)).toEqual({ kind: 'heartbeat', version: 1, ...heartbeat })
    expect(decode(BYTES.twoRecords)).toEqual({ kind: 'records', ...twoRecords })
    expect(decode(BYTES.site)).toEqual({ kind: 'records', ...site })
    expect(decode(BYTES.flush)).toEqual({ kind: 'flush', messageId: undefined, to: 'sfe.fz6wq:0' })
  })

  it('are what the encoders write', () => {
    expect(encodeBeacon(beacon, 'router').toString('hex')).toBe(BYTES.beacon)
    expect(encodeHeartbeat(heartbeat, 'router').toString('hex')).toBe(BYTES.heartbeat)
    expect(encodeRecords(twoRecords).toString('hex')).toBe(BYTES.twoRecords)
    expect(encodeRecords(site).toString('hex')).toBe(BYTES.site)
    expect(encodeFlush('sfe.fz6wq:0').toString('hex')).toBe(BYTES.flush)
  })
})
