import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeIpv6Frame } from './ipv6-packet.ts'

const ADDRESSES = '20010db8000000000000000000000001' + '20010db8000000000000000000000002'
const ETHERNET = '020000000002' + '020000000001'
const TCP =
  '0929' + '1691' + '00000001' + '00000000' + '8010' + '0100' + '0000' + '0000' + '0101080a00000000' + '00000000'
const PAYLOAD = 'aa'.repeat(10)

/** An Ethernet frame: VLAN tags, IPv6 with traffic class 0xba and label 0x30038, extension headers, transport. */
function frame(parts: {
  tags?: string
  next: string
  extensions?: string
  transport: string
  length?: number
}): Buffer {
  const body = (parts.extensions ?? '') + parts.transport
  const length = (parts.length ?? body.length / 2).toString(16).padStart(4, '0')
  const ip = `6ba30038${length}${parts.next}40${ADDRESSES}`
  return Buffer.from(`${ETHERNET}${parts.tags ?? ''}86dd${ip}${body}`, 'hex')
}

describe('IPv6 frames', () => {
  const plain = frame({ next: '06', transport: TCP + PAYLOAD })

  it('reads class, label, addresses, ports and payload', () => {
    expect(decodeIpv6Frame(plain, plain.length)).toEqual({
      trafficClass: 0xba,
      flowLabel: 0x30038,
      source: '2001:db8::1',
      destination: '2001:db8::2',
      extensionHeaders: [],
      protocol: 'tcp',
      sourcePort: 2345,
      destinationPort: 5777,
      payloadBytes: 10,
    })
  })

  it('reads behind VLAN tags and extension headers', () => {
    const tags = '88a80064' + '810000c8'
    const extensions = '3c001e0300030e00' + '06001e0300030e00'
    const bytes = frame({ tags, next: '00', extensions, transport: TCP + PAYLOAD })
    expect(decodeIpv6Frame(bytes, bytes.length)).toMatchObject({ extensionHeaders: [0, 60], payloadBytes: 10 })
  })

  it('does not count padding as payload, and counts what was not captured', () => {
    const padded = Buffer.concat([plain, Buffer.alloc(30)])
    expect(decodeIpv6Frame(padded, padded.length)?.payloadBytes).toBe(10)
    const long = frame({ next: '06', transport: TCP, length: 32 + 1400 })
    expect(decodeIpv6Frame(long, 14 + 40 + 32 + 1400)?.payloadBytes).toBe(1400)
    const jumbo = frame({ next: '06', transport: TCP, length: 0 })
    expect(decodeIpv6Frame(jumbo, 14 + 40 + 32 + 100_000)?.payloadBytes).toBe(100_000)
  })

  it('reads UDP', () => {
    const bytes = frame({ next: '11', transport: `29091691000a0000${'bb'.repeat(2)}` })
    expect(decodeIpv6Frame(bytes, bytes.length)).toMatchObject({ protocol: 'udp', sourcePort: 10505, payloadBytes: 2 })
  })

  it('gives nothing for a frame cut anywhere before the transport header ends', () => {
    for (let length = 0; length < plain.length - PAYLOAD.length / 2 - 12; length += 1) {
      expect(decodeIpv6Frame(plain.subarray(0, length), plain.length)).toBeUndefined()
    }
  })

  it('survives any bytes', () => {
    const head = plain.subarray(0, 14)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(200_000), (bytes, wireBytes) => {
        decodeIpv6Frame(Buffer.from(bytes), wireBytes)
        decodeIpv6Frame(Buffer.concat([head, bytes]), wireBytes)
      }),
      { numRuns: 20_000 },
    )
  })
})
