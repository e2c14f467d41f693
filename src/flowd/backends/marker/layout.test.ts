import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { tupleOf } from '../../../../test/support/five-tuple.ts'
import {
  asVerdict,
  decodeVerdict,
  encodeSettings,
  KEY_BYTES,
  OUTCOMES,
  outcomeOf,
  sumCounters,
  writeKey,
  writeMarks,
} from './layout.ts'
import { STRATEGIES } from './strategy.ts'

const header = readFileSync('bpf/marker.h', 'utf8')

describe('the key of a flow', () => {
  // V27, V29 and V30 of the reference, as the whole five-tuple makes them.
  it.each([
    [tupleOf(), '20010db8000000000000000000000001 20010db8000000000000000000000002 0929 1691'],
    [tupleOf({ source: '::1', destination: '::1' }), `${'00'.repeat(15)}01 ${'00'.repeat(15)}01 0929 1691`],
    [
      tupleOf({
        source: 'fe80::1%eth0',
        sourcePort: 50_000,
        destination: 'fe80::ec4:7aff:fe80:f104',
        destinationPort: 443,
      }),
      'fe800000000000000000000000000001 fe800000000000000ec47afffe80f104 c350 01bb',
    ],
  ])('is its addresses and ports in network byte order', (flow, hex) => {
    const key = Buffer.alloc(KEY_BYTES)
    expect(writeKey(flow, key)).toBe(true)
    expect(key.toString('hex')).toBe(hex.replaceAll(' ', ''))
  })

  it('is not made of an address that is no IPv6 address', () => {
    expect(writeKey(tupleOf({ destination: '192.0.2.1' }), Buffer.alloc(KEY_BYTES))).toBe(false)
  })
})

describe('what user space and the program share', () => {
  it('names the same outcomes in the same order', () => {
    const body = /enum outcome \{([\s\S]*?)\tOUTCOMES,/.exec(header)?.[1] ?? ''
    const names = [...body.matchAll(/^\t([A-Z0-9_]+),/gm)].map(match => match[1]?.toLowerCase())
    expect(names).toEqual([...OUTCOMES])
  })

  it('has the marks of TCP and UDP side by side, each with its mark of presence', () => {
    expect(header).toContain('#define MARK_SET 0x80000000')
    const value = Buffer.alloc(8)
    writeMarks({ tcp: 0xfffff, udp: undefined }, value)
    expect(value.toString('hex')).toBe('ffff0f8000000000')
    writeMarks({ tcp: undefined, udp: 0 }, value)
    expect(value.toString('hex')).toBe('0000000000000080')
  })

  it('has the same settings in the same order', () => {
    const body = /struct settings \{([^}]*)\}/.exec(header)?.[1] ?? ''
    const names = [...body.matchAll(/^\t__u32 (\w+);/gm)].map(match => match[1])
    expect(names).toEqual(['l2_header_bytes', 'strategy', 'debug', 'match_all'])
    const settings = encodeSettings({ linkHeaderBytes: 14, strategy: 'destination', debug: false, matchAll: true })
    expect(settings.toString('hex')).toBe('0e000000020000000000000001000000')
  })

  it('has the same strategies in the same order', () => {
    const body = /enum strategy \{([^}]*)\}/.exec(header)?.[1] ?? ''
    const names = [...body.matchAll(/^\t([A-Z_]+),/gm)].map(match => match[1]?.replaceAll('_', '').toLowerCase())
    expect(names).toEqual(STRATEGIES.map(name => name.toLowerCase()))
  })
})

describe('a verdict', () => {
  const bytes = (rest: string) => asVerdict(Buffer.from(`${KEY}${rest}`.replaceAll(' ', ''), 'hex'))
  const read = (rest: string) => decodeVerdict(bytes(rest)!)
  const KEY = '20010db8000000000000000000000001 20010db8000000000000000000000002 0929 1691'

  it('has the same fields in the same order', () => {
    const body = /struct verdict \{([^}]*)\}/.exec(header)?.[1] ?? ''
    const fields = [...body.matchAll(/^\t(?:struct )?\w+ (\w+)(?:\[\d\])?;/gm)].map(match => match[1])
    expect(fields).toEqual(['flow', 'interface', 'bytes', 'protocol', 'outcome', 'unused'])
  })

  it('names the outcome, and the flow as far as it is known', () => {
    const common = { interfaceIndex: 7, bytes: 79 }
    const flow = 'tcp [2001:db8::1]:2345 > [2001:db8::2]:5777'
    expect(read('07000000 4f000000 06 00 0000')).toEqual({ ...common, flow })
    expect(OUTCOMES[outcomeOf(bytes('07000000 4f000000 06 00 0000')!)]).toBe('marked')
    expect(read('07000000 4f000000 00 01 0000')).toEqual({ ...common, flow: undefined })
    expect(OUTCOMES[outcomeOf(bytes('07000000 4f000000 00 01 0000')!)]).toBe('not_ipv6')
  })

  it('is of one length and of a known outcome, or none', () => {
    const last = (OUTCOMES.length - 1).toString(16).padStart(2, '0')
    const unknown = OUTCOMES.length.toString(16).padStart(2, '0')
    expect(bytes(`07000000 4f000000 06 ${last} 0000`)).toBeDefined()
    for (const rest of ['', '07000000 4f000000 06 00 00', '07000000 4f000000 06 00 0000 00']) {
      expect(bytes(rest)).toBeUndefined()
    }
    expect(bytes(`07000000 4f000000 06 ${unknown} 0000`)).toBeUndefined()
  })
})

it('adds up the counters of every CPU', () => {
  const perCpu = (outcome: number) =>
    [1n, 1000n].map(factor => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64LE(factor * BigInt(outcome))
      return bytes
    })
  const counts = sumCounters(perCpu)
  expect(OUTCOMES.map(name => counts[name])).toEqual(OUTCOMES.map((_name, index) => 1001 * index))
  expect(counts.seen).toBe(1001 * 78)
})
