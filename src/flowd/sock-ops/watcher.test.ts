import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { tupleOf } from '../../../test/support/five-tuple.ts'
import { decodeRecord, EVENTS, encodeSettings, RECORD_BYTES } from './watcher.ts'

const header = readFileSync('bpf/watcher.h', 'utf8')

/** A record as the program writes it: cookie, ends in network byte order, event. */
function record(local: string, remote: string, ports: string, event: string): Buffer {
  return Buffer.from(`0700000000000000${local}${remote}${ports}${event}`.replaceAll(' ', ''), 'hex')
}

describe('a record of the watcher', () => {
  // V84 and V85 of the reference: the same connections, as our program tells of them.
  it('tells that a connection over IPv6 opened', () => {
    const bytes = record(
      '20010db8000000000000000000000001',
      '20010db8000000000000000000000002',
      '0929 1691',
      '00000000',
    )
    expect(decodeRecord(bytes)).toEqual({
      cookie: 7n,
      event: 'opened',
      flow: tupleOf(),
    })
  })

  it('tells that a connection over IPv4 closed', () => {
    const mapped = `${'00'.repeat(10)}ffff`
    const bytes = record(`${mapped}c0a80001`, `${mapped}0a010203`, '0929 1451', '01000000')
    expect(decodeRecord(bytes)).toEqual({
      cookie: 7n,
      event: 'closed',
      flow: tupleOf({ source: '192.168.0.1', destination: '10.1.2.3', destinationPort: 5201 }),
    })
  })

  it('is of one length and of a known event, or none', () => {
    for (const length of [0, RECORD_BYTES - 1, RECORD_BYTES + 1, 64]) {
      expect(decodeRecord(Buffer.alloc(length))).toBeUndefined()
    }
    const bytes = Buffer.alloc(RECORD_BYTES)
    bytes[RECORD_BYTES - 4] = EVENTS.length
    expect(decodeRecord(bytes)).toBeUndefined()
  })
})

describe('what user space and the program share', () => {
  it('names the same events in the same order', () => {
    const body = /enum event \{([\s\S]*?)\};/.exec(header)?.[1] ?? ''
    expect([...body.matchAll(/^\t([A-Z]+),/gm)].map(match => match[1]?.toLowerCase())).toEqual([...EVENTS])
  })

  it('has a record of cookie, ends and event', () => {
    expect(header).toMatch(
      /struct record \{\s+__u64 cookie;[^}]*?\s+struct connection connection;\s+__u32 event;\s+\};/,
    )
  })

  it('has the four bounds as settings, in the order of the options', () => {
    const body = /struct settings \{([\s\S]*?)\};/.exec(header)?.[1] ?? ''
    expect([...body.matchAll(/__u32 (\w+);/g)].map(match => match[1])).toEqual([
      'min_local_port',
      'max_local_port',
      'min_remote_port',
      'max_remote_port',
    ])
    const options = { minSourcePort: 1, maxSourcePort: 2, minDestinationPort: 3, maxDestinationPort: 4 }
    expect(encodeSettings(options).toString('hex')).toBe('01000000020000000300000004000000')
  })
})
