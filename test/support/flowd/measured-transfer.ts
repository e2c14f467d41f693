import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import type { Enricher } from '../../../src/flowd/components.ts'
import type { TcpSample } from '../../../src/flowd/sample.ts'
import { inNetworkNamespace } from '../../../src/linux/index.ts'
import { type FiveTuple, flowKey } from '../../../src/scitags/index.ts'
import { pairIsUp } from '../marker-in-namespace.ts'
import { Laboratory } from '../namespace.ts'
import { Probe } from '../probe.ts'
import { flowOf, startEvent } from './flows.ts'

const PORT = 5201
const SOURCE_PORT = 40_001
const [LEFT, RIGHT] = ['2001:db8:1::1', '2001:db8:1::2']
const SS_PERIOD_MS = 500
const PATIENCE_MS = 30_000
const BITRATE = '200M'
/** iperf3 counts what it has handed to the kernel, also what waits there when it ends. */
const WINDOW = '128K'

/** What `ss` said of the socket between two moments. */
interface SsReading {
  beforeUs: number
  afterUs: number
  rttUs: number
  totalRetrans: number
  bytesSent: number
}

/** A transfer by iperf3 over a wire that loses packets, as three observers saw it. */
export interface MeasuredTransfer {
  /** iperf3's own account of what was sent. */
  sentBytes: number
  retransmits: number
  samples: readonly TcpSample[]
  /** That the enricher said the socket was gone. */
  gone: boolean
  ss: readonly SsReading[]
}

export interface TransferOptions {
  seconds: number
  /** An enricher, not yet started; it is started in the network namespace of the sender. */
  enricher: Enricher
  /** Is told the sender's process before it opens a socket. */
  onSender?: (pid: number) => void
}

/** Has iperf3 send over a wire that loses some packets, while an enricher and `ss` look on. */
export async function measureTransfer({ seconds, enricher, onSender }: TransferOptions): Promise<MeasuredTransfer> {
  const laboratory = new Laboratory()
  const samples: TcpSample[] = []
  const ss: SsReading[] = []
  let gone = false
  try {
    const { left, right } = laboratory.pair()
    await pairIsUp(left, right)
    // Single packets, lost where they arrive: one that is lost on its way out counts as never sent.
    left.exec('ethtool', '-K', 'eth0', 'tso', 'off', 'gso', 'off')
    using _loss = new Probe('probe_lose').attach(right, 'ingress')
    await inNetworkNamespace(left.path, () =>
      enricher.start(report => {
        if (report.key !== flowKey(FLOW)) return
        if (report.sample !== undefined) samples.push(report.sample)
        gone ||= report.gone
      }),
    )
    enricher.handle({ kind: 'start', flow: flowOf(startEvent(1, { flow: FLOW })) })
    const server = right.spawn('iperf3', ['-s', '-1', '-p', String(PORT), '--forceflush'])
    await once(server.stdout!, 'data')
    // The shell waits until its process is where it belongs.
    const iperf3 = `read go; exec iperf3 -6 -J -c ${RIGHT} -p ${PORT} --cport ${SOURCE_PORT} -t ${seconds} -b ${BITRATE} -w ${WINDOW}`
    const sender = left.spawn('sh', ['-c', iperf3], { stdio: ['pipe', 'pipe', 'inherit'] })
    onSender?.(sender.pid ?? 0)
    sender.stdin!.end('\n')
    const ended = text(sender.stdout!)
    const over = ended.then(() => true)
    while (!(await Promise.race([over, delay(SS_PERIOD_MS, false)]))) {
      const reading = await askSs(left.name)
      if (reading !== undefined) ss.push(reading)
    }
    // What the enricher looks for by itself may come a moment later.
    for (const giveUpMs = performance.now() + PATIENCE_MS; !gone && performance.now() < giveUpMs; ) await delay(100)
    const { end } = JSON.parse(await ended) as { end: { sum_sent: { bytes: number; retransmits: number } } }
    return { sentBytes: end.sum_sent.bytes, retransmits: end.sum_sent.retransmits, samples, gone, ss }
  } finally {
    await enricher.stop()
    await laboratory.close()
  }
}

const FLOW: FiveTuple = {
  protocol: 'tcp',
  family: 'ipv6',
  source: { address: LEFT, port: SOURCE_PORT },
  destination: { address: RIGHT, port: PORT },
}

async function askSs(namespace: string): Promise<SsReading | undefined> {
  const beforeUs = Date.now() * 1000
  const words = ['netns', 'exec', namespace, 'ss', '-tniOH', 'sport', '=', `:${SOURCE_PORT}`]
  const { stdout } = await promisify(execFile)('ip', words)
  const field = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0)
  if (!stdout.startsWith('ESTAB')) return undefined
  return {
    beforeUs,
    afterUs: Date.now() * 1000,
    rttUs: field(/ rtt:([\d.]+)\//) * 1000,
    totalRetrans: field(/ retrans:\d+\/(\d+)/),
    bytesSent: field(/ bytes_sent:(\d+)/),
  }
}

/** The enricher's account is that of iperf3 within a hundredth, and at each moment that of `ss`. */
export function expectAgreement({ sentBytes, retransmits, samples, gone, ss }: MeasuredTransfer): void {
  const last = samples.at(-1)?.tcpInfo
  const moved = (last?.bytesSent ?? 0) - (last?.bytesRetrans ?? 0)
  expect(Math.abs(moved - sentBytes) / sentBytes).toBeLessThanOrEqual(0.01)
  expect(last?.totalRetrans).toBeGreaterThan(0)
  // iperf3 takes its last look some moments before it closes the socket.
  expect(last?.totalRetrans).toBeGreaterThanOrEqual(retransmits)
  expect(last?.totalRetrans).toBeLessThanOrEqual(retransmits * 1.01 + 5)
  expect(gone).toBe(true)

  expect(ss.length).toBeGreaterThan(0)
  const compared = ss.flatMap(reading => {
    const before = samples.findLast(({ takenUs }) => takenUs <= reading.beforeUs)?.tcpInfo
    const after = samples.find(({ takenUs }) => takenUs >= reading.afterUs)?.tcpInfo
    return before && after ? [{ reading, before, after }] : []
  })
  expect(compared.length).toBeGreaterThanOrEqual(ss.length - 1)
  for (const { reading, before, after } of compared) {
    for (const name of ['bytesSent', 'totalRetrans'] as const) {
      expect(reading[name]).toBeGreaterThanOrEqual(before[name] ?? 0)
      expect(reading[name]).toBeLessThanOrEqual(after[name] ?? 0)
    }
    const near = samples.filter(({ takenUs }) => Math.abs(takenUs - reading.beforeUs) < 1_000_000)
    const rtts = near.map(({ tcpInfo }) => tcpInfo.rttUs ?? 0)
    // It jumps on a busy machine; another unit would be a thousand times as much.
    expect(reading.rttUs).toBeGreaterThanOrEqual(Math.min(...rtts) / 10)
    expect(reading.rttUs).toBeLessThanOrEqual(Math.max(...rtts) * 10)
  }
}
