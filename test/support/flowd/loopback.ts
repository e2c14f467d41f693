import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  decodeIpv6Frame,
  enterNewNetworkNamespace,
  findLink,
  type Ipv6Packet,
  NETLINK,
  NetlinkSocket,
  PacketCapture,
  setLinkUp,
} from '../../../src/linux/index.ts'
import { decodeFlowLabel } from '../../../src/scitags/index.ts'
import { TIDEMARK } from './flowd-process.ts'

/** What the benchmarks declare. */
export const EXPERIMENT = 3
export const ACTIVITY = 14

/**
 * Moves this process into a network namespace of its own with `lo` up (root), so that nothing of the host is touched.
 */
export function enterLoopback(): number {
  enterNewNetworkNamespace()
  const netlink = NetlinkSocket.open(NETLINK.ROUTE)
  try {
    const lo = findLink(netlink, 'lo')
    if (lo === undefined) throw new Error('the new namespace has no lo')
    setLinkUp(netlink, lo.index)
    return lo.index
  } finally {
    netlink.close()
  }
}

/** Tells of each packet on loopback that carries the declared experiment and activity. */
export function watchMarks(interfaceIndex: number, onMarked: (packet: Ipv6Packet) => void): PacketCapture {
  const capture = new PacketCapture({ interfaceIndex }, (frame, wireBytes) => {
    const packet = decodeIpv6Frame(frame, wireBytes)
    if (packet === undefined) return
    const { experiment, activity } = decodeFlowLabel(packet.flowLabel)
    if (experiment === EXPERIMENT && activity === ACTIVITY) onMarked(packet)
  })
  capture.start()
  return capture
}

/** A socket whose packets are looked at; nobody receives them. */
export async function openSender(): Promise<Socket> {
  const socket = createSocket('udp6').on('error', () => undefined)
  socket.bind(0, '::1')
  await once(socket, 'listening')
  return socket
}

/** flowd on loopback, with a pipe and the marker. */
export interface MarkingFlowd {
  child: ChildProcess
  pipePath: string
  /** Resolves when flowd says that it is ready. */
  ready: Promise<unknown>
  close(): Promise<void>
}

/** Starts the built command in this process's namespace. */
export function startMarkingFlowd(): MarkingFlowd {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'))
  const pipePath = join(folder, 'pipe')
  const configuration = {
    pidPath: join(folder, 'pid'),
    workDir: join(folder, 'work'),
    controlSocket: { path: join(folder, 'sock') },
    plugins: { namedPipe: { pipePath } },
    backends: { marker: { targetInterfaces: ['lo'] } },
  }
  const file = join(folder, 'flowd.json')
  writeFileSync(file, JSON.stringify(configuration))
  const child = spawn(TIDEMARK, ['--conf', file, '--log-level', 'warn', 'flowd', 'run'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const ready = once(child.stdout ?? child, 'data')
  return {
    child,
    pipePath,
    ready,
    close: async () => {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
