import { describe, expect, it } from 'vitest'
import { socketRecordsSurvive } from '../../../test/support/properties/netlink.ts'
import { SOCKET_REPLY } from '../../../test/support/properties/socket-reply.ts'
import { attribute, nested, text } from '../netlink/attribute.ts'
import { prepareLookup } from './lookup.ts'
import { encodeDump, STATES_BUT_LISTEN, stateMask } from './request.ts'
import { SocketRecord } from './socket-record.ts'
import { plainTcpInfo, readTcpInfo, TCP_INFO_FIELDS } from './tcp-info.ts'

const FIXED_LENGTH = 72

describe('sock_diag requests', () => {
  it('V87: asks for IPv6 TCP sockets from port 2345 to 5777 with flowd-go defaults', () => {
    const body = encodeDump({ family: 'ipv6', protocol: 'tcp', localPort: 2345, remotePort: 5777 })
    expect(body.toString('hex')).toBe(`0a06ff00ff0b000009291691${'00'.repeat(44)}`)
    expect(body).toHaveLength(56)
  })

  it('names the default states', () => {
    const states = ['ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT'] as const
    const closing = ['UNKNOWN', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSING'] as const
    expect(stateMask([...states, ...closing])).toBe(STATES_BUT_LISTEN)
  })

  it('puts the local end first for TCP and the remote end first for UDP', () => {
    const [source, destination] = [
      { address: '192.0.2.1', port: 0x0102 },
      { address: '198.51.100.2', port: 0x0304 },
    ]
    const tcp = prepareLookup({ protocol: 'tcp', source, destination }, 2).payload
    expect(tcp.toString('hex', 0, 16)).toBe(`02060200ffffffff01020304c0000201`)
    expect(tcp.toString('hex', 28, 32)).toBe('c6336402')
    expect(tcp.toString('hex', 48)).toBe('ff'.repeat(8))
    const udp = prepareLookup({ protocol: 'udp', source, destination }, 0).payload
    expect(udp.toString('hex', 0, 16)).toBe(`02110000ffffffff03040102c6336402`)
  })
})

describe('sock_diag replies', () => {
  it('reads a real one', () => {
    const record = SocketRecord.of(SOCKET_REPLY)
    expect(record).toMatchObject({
      family: 'ipv6',
      ipv6Socket: true,
      state: 'ESTABLISHED',
      local: { address: '::1', port: 54_910 },
      congestion: 'bbr',
      trafficClass: 0,
      cgroupId: 1n,
      shutdown: 0,
      tcpInfo: { sndMss: 47_616, bytesAcked: 100_001, bytesSent: 100_000, sndWscale: 10, maxPacingRate: undefined },
      bbr: { minRttUs: 32 },
      socketMemory: { drops: 0 },
    })
  })

  it('survives any bytes', () => socketRecordsSurvive(20_000, SOCKET_REPLY))

  it('keeps the neighbours of an attribute that it does not know', () => {
    const fixed = SOCKET_REPLY.subarray(0, FIXED_LENGTH)
    const unknown = [12, 13, 18, 20, 99].map(type => attribute(type, Buffer.alloc(7, 0xee)))
    const body = Buffer.concat([fixed, ...unknown, attribute(4, Buffer.from('cubic\0')), attribute(8, Buffer.of(2))])
    expect(SocketRecord.of(body)).toMatchObject({ congestion: 'cubic', shutdown: 2 })
  })

  it('writes IPv4 on an IPv6 socket as IPv4', () => {
    const body = Buffer.from(SOCKET_REPLY)
    for (const offset of [8, 24]) Buffer.from('00000000000000000000ffffc0000201', 'hex').copy(body, offset)
    expect(SocketRecord.of(body)).toMatchObject({
      family: 'ipv4',
      ipv6Socket: true,
      local: { address: '192.0.2.1' },
      remote: { address: '192.0.2.1' },
    })
  })

  it.each([
    [1, '01000000020000000300000004000000', { memory: { rmem: 1, wmem: 2, fmem: 3, tmem: 4 } }],
    [3, '01000000020000000300000004000000', { vegas: { enabled: 1, rttCount: 2, rttUs: 3, minRttUs: 4 } }],
    [5, 'b8', { tos: 0xb8 }],
    [6, '02', { trafficClass: 2 }],
    [9, '01000100070000000800000009000000', { dctcp: { enabled: true, ceState: 1, alpha: 7, abEcn: 8, abTotal: 9 } }],
    [10, '06', { ipProtocol: 6 }],
    [11, '01', { v6Only: true }],
    [15, '2a000000', { mark: 42 }],
    [
      16,
      '0100000001000000020000000300000004000000',
      { bbr: { bandwidth: 2 ** 32 + 1, minRttUs: 2, pacingGain: 3, cwndGain: 4 } },
    ],
    [17, '05000000', { classId: 5 }],
    [21, '0100000000000080', { cgroupId: 0x8000000000000001n }],
    [22, '5200', { socketOptions: 0x52 }],
    [7, '01000000', { socketMemory: expect.objectContaining({ rmemAlloc: 1, drops: 0 }) as unknown }],
    [21, '01', { cgroupId: undefined }],
    [4, '', { congestion: '' }],
  ])('attribute %d of %s', (type, hex, expected) => {
    const fixed = SOCKET_REPLY.subarray(0, FIXED_LENGTH)
    const record = SocketRecord.of(Buffer.concat([fixed, attribute(type, Buffer.from(hex, 'hex'))]))
    expect(record).toMatchObject(expected)
    // And nothing else is found in it.
    const [name] = Object.keys(expected)
    expect(record?.[name === 'mark' ? 'classId' : 'mark']).toBeUndefined()
  })

  it('reads the upper layer protocol', () => {
    const fixed = SOCKET_REPLY.subarray(0, FIXED_LENGTH)
    const record = (...children: readonly Buffer[]) => SocketRecord.of(Buffer.concat([fixed, nested(19, ...children)]))
    expect(record(text(1, 'tls'))?.upperLayerProtocol).toBe('tls')
    expect(record(nested(2, text(1, 'x')))?.upperLayerProtocol).toBe('')
  })
})

describe('tcp_info', () => {
  it('has the scale that the peer announces in the low nibble', () => {
    const info = readTcpInfo(Buffer.from([1, 0, 0, 0, 0, 7, 0x7a, 0b101]))
    expect(info).toMatchObject({ sndWscale: 10, rcvWscale: 7, deliveryRateAppLimited: true, fastopenClientFail: 2 })
  })

  it('puts every field where the kernel has it', () => {
    const bytes = Buffer.from(Array.from({ length: 248 }, (_, index) => index))
    const info = readTcpInfo(bytes)
    const at = (offset: number, size: number) => bytes.readUIntLE(offset, size)
    expect(info).toMatchObject({
      rtoUs: at(8, 4),
      rttUs: at(68, 4),
      totalRetrans: at(100, 4),
      segsOut: at(136, 4),
      minRttUs: at(148, 4),
      delivered: at(192, 4),
      sndWnd: at(228, 4),
      rcvWnd: at(232, 4),
      totalRto: at(240, 2),
      totalRtoRecoveries: at(242, 2),
      totalRtoTimeMs: at(244, 4),
      bytesAcked: Number(bytes.readBigUInt64LE(120)),
      bytesRetrans: Number(bytes.readBigUInt64LE(208)),
    })
  })

  it('leaves out what an older kernel does not send, and ignores what a newer one adds', () => {
    const whole = Buffer.alloc(300, 1)
    expect(readTcpInfo(whole.subarray(0, 104))).toMatchObject({ totalRetrans: 0x01010101, pacingRate: undefined })
    expect(plainTcpInfo(readTcpInfo(whole))).toEqual(plainTcpInfo(readTcpInfo(whole.subarray(0, 248))))
    expect(TCP_INFO_FIELDS.every(field => readTcpInfo(Buffer.alloc(0))[field] === undefined)).toBe(true)
  })
})
