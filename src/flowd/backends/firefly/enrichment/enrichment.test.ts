import { describe, expect, it } from 'vitest'
import { conformsToFireflySchema } from '../../../../../test/support/firefly-schema.ts'
import { REFERENCE_TCP_INFO } from '../../../../../test/support/flowd/reference-record.ts'
import { sampleOf, socketOf } from '../../../../../test/support/flowd/samples.ts'
import { sentFirefliesConform } from '../../../../../test/support/properties/firefly-statistics.ts'
import { SOCKET_REPLY } from '../../../../../test/support/properties/socket-reply.ts'
import { plainTcpInfo, type TcpInfo } from '../../../../linux/index.ts'
import type { TcpSample } from '../../../sample.ts'
import { blockName, ENRICHMENT, type EnrichmentMode } from './index.ts'

const write = (mode: EnrichmentMode, sample: TcpSample) => JSON.stringify(ENRICHMENT[mode](sample))
const read = (mode: EnrichmentMode, change: Partial<TcpInfo>) =>
  JSON.parse(write(mode, sampleOf({ ...REFERENCE_TCP_INFO, ...change }))) as Record<string, unknown>

const keysOf = (value: unknown): string[] => Object.keys(value as object)

describe('lean', () => {
  it('V80: tells the congestion algorithm and eleven figures', () => {
    expect(write('lean', sampleOf(REFERENCE_TCP_INFO))).toBe(
      '{"cong":{"algorithm":"cubic"},"tcpInfo":{"Retransmits":0,"advMss":1428,"bytesSent":147755197,' +
        '"deliveryRate":109713596,"minRtt":123,"pMtu":1500,"rtt":2218,"rttVar":182,"sndCwnd":274,"sndMss":1428,' +
        '"sndSsThresh":72}}',
    )
  })

  it('leaves out an algorithm that is not known, and writes null where nothing was told of TCP', () => {
    expect(write('lean', sampleOf({}, { congestion: undefined }))).toBe('{"tcpInfo":null}')
  })
})

describe('compatible', () => {
  it('V81: is flat, with the words and units of the Python flowd', () => {
    expect(read('compatible', {})).toMatchObject({
      state: 'established',
      rto: 203,
      ato: 0,
      rtt: 2,
      rttvar: 0,
      snd_ssthresh: 72,
      opts: ['ts', 'sack'],
      min_rtt: 123,
      pmtu: 1500,
      bytes_acked: 147_515_294,
      busy_time: 1_271_000,
    })
  })

  it('has its keys in one order', () => {
    expect(keysOf(read('compatible', {})).join(' ')).toBe(
      'state pmtu retrans ato rto snd_wscale rcv_wscale snd_mss snd_cwnd snd_ssthresh rtt rttvar rcv_rtt rcv_space ' +
        'opts last_data_sent rcv_ssthresh segs_in segs_out data_segs_in data_segs_out lost notsent_bytes rcv_mss ' +
        'pacing_rate retransmits min_rtt rwnd_limited max_pacing_rate probes reordering last_data_recv ' +
        'bytes_received fackets last_ack_recv last_ack_sent unacked sacked bytes_acked delivery_rate_app_limited ' +
        'delivery_rate sndbuf_limited ca_state busy_time total_retrans advmss backoff',
    )
  })

  it.each<[Partial<TcpInfo>, object]>([
    [{ rtoUs: 3_000_000 }, { rto: 0 }],
    [{ rtoUs: 3_000_001 }, { rto: 3000 }],
    [{ sndSsthresh: 65_535 }, { snd_ssthresh: 0 }],
    [{ sndSsthresh: 0x7fffffff }, { snd_ssthresh: 0 }],
    [{ sndSsthresh: 65_534 }, { snd_ssthresh: 65_534 }],
    [{ state: 0 }, { state: 'INVALID' }],
    [
      { state: 5, pmtu: 1500 },
      { state: 'fin-wait-2', pmtu: 1500 },
    ],
    [{ state: 7 }, { state: 'unconnected' }],
    [{ state: 11 }, { state: 'closing' }],
    [{ state: 13 }, { state: 'invalid' }],
    [{ options: 8 }, { opts: ['ecn'] }],
    [{ options: 0 }, { opts: [] }],
    [{ deliveryRateAppLimited: true }, { delivery_rate_app_limited: 1 }],
    [
      { atoUs: 40_999, rttvarUs: 999, rcvRttUs: 1000 },
      { ato: 40, rttvar: 0, rcv_rtt: 1 },
    ],
  ])('V82: %o is %o', (told, written) => expect(read('compatible', told)).toMatchObject(written))

  it('is empty where nothing was told of TCP', () => expect(write('compatible', sampleOf())).toBe('{}'))
})

describe('full', () => {
  it('tells every figure of tcp_info, the keys in the order of their bytes', () => {
    const { tcpInfo } = read('full', {})
    expect(keysOf(tcpInfo)).toHaveLength(56)
    expect(keysOf(tcpInfo)).toEqual([...keysOf(tcpInfo)].sort())
    expect(tcpInfo).toMatchObject({
      state: 1,
      rcvdWscale: 7,
      deliveryRateAppLimited: 0,
      sAcked: 0,
      unAcked: 168,
      bytesRecv: 0,
      sndWnd: 619_264,
    })
  })

  it('writes integers of 64 bits with every digit, and the kernel’s number for a rate without limit', () => {
    expect(write('full', sampleOf(REFERENCE_TCP_INFO))).toContain('"maxPacingRate":18446744073709551615,')
    expect(write('compatible', sampleOf(REFERENCE_TCP_INFO))).toContain('"max_pacing_rate":18446744073709551615,')
    expect(write('full', sampleOf({ ...REFERENCE_TCP_INFO, bytesAcked: 2 ** 60 }))).toContain(
      '"bytesAcked":1152921504606846976,',
    )
  })

  it('tells what sock_diag told of the socket', () => {
    const socket = socketOf(SOCKET_REPLY)
    if (socket?.tcpInfo === undefined) throw new Error('the sample has no tcp_info')
    const { congestion, tcpInfo } = socket
    const block = JSON.parse(write('full', sampleOf(plainTcpInfo(tcpInfo), { congestion, socket }))) as Record<
      string,
      unknown
    >
    expect(keysOf(block)).toEqual(['bbr', 'cong', 'memInfo', 'skBuff', 'skMemInfo', 'tcpInfo', 'tos'])
    for (const part of Object.values(block)) expect(keysOf(part)).toEqual([...keysOf(part)].sort())
    expect(block).toMatchObject({
      cong: { algorithm: 'bbr' },
      bbr: { bbrMinRTT: 32 },
      skMemInfo: { WMemAlloc: 0, drops: 0 },
      skBuff: {
        family: 10,
        state: 1,
        id: {
          srcPort: 54_910,
          srcIP: [0, 0, 0, 1],
          dstIP: [0, 0, 0, 1],
          dstPort: socket.remotePort,
          cookie: [10, 0],
        },
      },
    })
  })

  it('V88: writes ports and addresses as they are read, not as the kernel holds them', () => {
    const bytes = Buffer.from(SOCKET_REPLY)
    bytes[0] = 2
    bytes.writeUInt16BE(443, 4)
    Buffer.from([10, 0, 0, 1]).copy(bytes, 8)
    const id = { srcPort: 443, srcIP: [0x0a00_0001, 0, 0, 0] }
    expect(ENRICHMENT.full(sampleOf({}, { socket: socketOf(bytes) }))).toMatchObject({
      skBuff: { family: 2, id },
      tcpInfo: null,
    })
  })

  it('V78: is not shorter than lean', () => {
    const sample = sampleOf(REFERENCE_TCP_INFO)
    expect(write('lean', sample).length).toBeLessThan(write('full', sample).length)
  })
})

it('whatever was read, every firefly in every state and mode conforms to the schema and can be read', () =>
  sentFirefliesConform(5000, conformsToFireflySchema))

it.each([
  ['netlink', 'netlink'],
  ['skops', 'skOps'],
])('what the enricher %s read stands under %s', (source, name) => {
  expect(blockName(sampleOf({}, { source }))).toBe(name)
})
