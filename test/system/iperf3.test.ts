import type { ChildProcess } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  decodeIpv6Frame,
  findLink,
  inNetworkNamespace,
  NETLINK,
  NetlinkSocket,
  PacketCapture,
} from '../../src/linux/index.ts'
import { decodeFlowLabel } from '../../src/scitags/index.ts'
import { FlowdProcess } from '../support/flowd/flowd-process.ts'
import { Laboratory, type TestNamespace } from '../support/namespace.ts'

const SERVER_PORT = 5201
const BYTES = 50_000_000

const folder = mkdtempSync(join(tmpdir(), 'tidemark-iperf3-'))
const pipe = join(folder, 'pipe')
const laboratory = new Laboratory()
let [left, right]: TestNamespace[] = []
let flowd: FlowdProcess

async function untilLine(child: ChildProcess, pattern: RegExp): Promise<void> {
  for await (const line of createInterface({ input: child.stdout! })) if (pattern.test(line)) return
  throw new Error(`ended without a line like ${pattern}`)
}

beforeAll(async () => {
  ;({ left, right } = laboratory.pair())
  // Without labels of the kernel's own, an unmarked packet has none.
  left.exec('sysctl', '-qw', 'net.ipv6.auto_flowlabels=0')
  flowd = new FlowdProcess({
    configuration: {
      plugins: { namedPipe: { pipePath: pipe } },
      backends: { marker: { targetInterfaces: ['eth0'] } },
    },
    spawn: left.spawn,
  })
  await flowd.ready()
  await untilLine(right.spawn('iperf3', ['-s', '--forceflush']), /Server listening/)
})
afterAll(async () => {
  await flowd[Symbol.asyncDispose]()
  await laboratory.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs iperf3 and counts, on the receiving host, its data packets by port and by what their label says. */
async function run(clientPort: number, bytesToSend: number) {
  const counts: Record<string, number> = {}
  let bytes = 0
  const capture = inNetworkNamespace(right!.path, () => {
    using socket = NetlinkSocket.open(NETLINK.ROUTE)
    const made = new PacketCapture({ interfaceIndex: findLink(socket, 'eth0')!.index }, (frame, wireBytes) => {
      const packet = decodeIpv6Frame(frame, wireBytes)
      if (packet?.protocol !== 'tcp' || packet.destinationPort !== SERVER_PORT || packet.payloadBytes === 0) return
      const { experiment, activity } = decodeFlowLabel(packet.flowLabel)
      const stream = packet.sourcePort === clientPort ? 'data' : 'control'
      const key = `${stream} ${experiment}/${activity}`
      counts[key] = (counts[key] ?? 0) + 1
      if (stream === 'data') bytes += packet.payloadBytes
    })
    made.start()
    return made
  })
  const options = ['--json', '--cport', String(clientPort), '-n', String(bytesToSend)]
  const client = left!.spawn('iperf3', ['-c', '2001:db8:1::2', ...options])
  const result = JSON.parse(await text(client.stdout!)) as { end: { sum_received: { bytes: number } } }
  await sleep(200)
  expect(capture.stop().dropped).toBe(0)
  return { counts, bytes, receivedBytes: result.end.sum_received.bytes }
}

/** Tells flowd through its pipe, and waits until the kernel knows. */
async function declare(state: 'start' | 'end', clientPort: number): Promise<void> {
  const fd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK)
  writeSync(fd, `${state} tcp 2001:db8:1::1 ${clientPort} 2001:db8:1::2 ${SERVER_PORT} cms 14\n`)
  closeSync(fd)
  const isDone = async () => {
    const flows = await flowd.control.flows()
    const { text: metrics } = await flowd.get('/metrics')
    const marks = Number(/^tidemark_flowd_marker_marks (\d+)$/m.exec(metrics)?.[1])
    const isLive = flows.some(({ source }) => source.endsWith(`:${clientPort}`))
    return marks === flows.length && isLive === (state === 'start')
  }
  await expect.poll(isDone).toBe(true)
}

describe('iperf3 between two hosts', () => {
  it('is marked on every data packet once it is declared through the pipe, and only its data stream', async () => {
    await declare('start', 40_001)
    const { counts, bytes, receivedBytes } = await run(40_001, BYTES)
    expect(Object.keys(counts).sort()).toEqual(['control 0/0', 'data 3/14'])
    // iperf3 leaves unread what is on its way when it has sent enough.
    expect(receivedBytes).toBeGreaterThan(BYTES / 2)
    expect(bytes).toBeGreaterThanOrEqual(receivedBytes)
  })

  it('is not marked any more once its end is declared', async () => {
    await declare('start', 40_002)
    await declare('end', 40_002)
    const { counts } = await run(40_002, 1_000_000)
    expect(Object.keys(counts).sort()).toEqual(['control 0/0', 'data 0/0'])
  })
})
