import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Metrics } from '../../src/common/index.ts'
import { Marker } from '../../src/flowd/backends/marker/marker.ts'
import type { MarkerOptions } from '../../src/flowd/backends/marker/options.ts'
import type { Flow } from '../../src/flowd/flow.ts'
import { inNetworkNamespace } from '../../src/linux/index.ts'
import { type FiveTuple, flowKey } from '../../src/scitags/index.ts'
import { type LoggedLine, unitContext } from './flowd/unit-context.ts'
import type { TestNamespace } from './namespace.ts'

export const MARKER_DEFAULTS: MarkerOptions = {
  targetInterfaces: ['eth0'],
  discoverInterfaces: false,
  markingStrategy: 'label',
  matchAll: false,
  debugMode: false,
  maxFlows: 1000,
  attach: 'auto',
  removeQdisc: true,
  programPath: '',
}

/** A flow as the flow table would tell of it. */
export function flowToMark(tuple: FiveTuple, label: number): Flow {
  const ids = { experiment: 2, activity: 16, application: 'test', origin: 'test', startTimeUs: 0 }
  return { ...ids, key: flowKey(tuple), tuple, label, endTimeUs: undefined, usage: undefined }
}

/** A marker of this process on the interfaces of a namespace. */
export class MarkerInNamespace {
  readonly #namespace: TestNamespace
  readonly marker: Marker
  readonly lines: LoggedLine[]
  readonly metrics: Metrics

  private constructor(namespace: TestNamespace, options: Partial<MarkerOptions>) {
    const context = unitContext()
    this.#namespace = namespace
    this.lines = context.lines
    this.metrics = context.metrics
    this.marker = new Marker({ ...MARKER_DEFAULTS, ...options }, context)
  }

  static async start(namespace: TestNamespace, options: Partial<MarkerOptions> = {}): Promise<MarkerInNamespace> {
    const made = new MarkerInNamespace(namespace, options)
    // All of the marker's work is done when `start` returns its promise, and so in the namespace.
    await inNetworkNamespace(namespace.path, () => made.marker.start())
    return made
  }

  mark(tuple: FiveTuple, label: number): void {
    this.marker.handle({ kind: 'start', flow: flowToMark(tuple, label) })
  }

  async stop(): Promise<void> {
    await inNetworkNamespace(this.#namespace.path, () => this.marker.stop())
  }
}

/** A marker in a process of its own in a namespace, ready when this resolves. */
export async function markerProcess(
  namespace: TestNamespace,
  options: Partial<MarkerOptions>,
  flows: readonly (readonly [FiveTuple, number])[],
): Promise<{ child: ChildProcess; kill(): Promise<void> }> {
  const args = [
    'test/support/marker-child.ts',
    JSON.stringify({ ...MARKER_DEFAULTS, ...options }),
    JSON.stringify(flows),
  ]
  const child = spawn('ip', ['netns', 'exec', namespace.name, process.execPath, ...args], { stdio: 'pipe' })
  const [output] = (await once(child.stdout, 'data')) as [Buffer]
  if (output.toString().trim() !== 'ready') throw new Error(`the marker did not start: ${output}`)
  const kill = async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { child, kill }
}

/**
 * Waits until packets can pass between the ends of a test pair: the kernel takes up to a second to notice its cable.
 */
export async function pairIsUp(...ends: readonly TestNamespace[]): Promise<void> {
  const isUp = (end: TestNamespace) => end.exec('cat', '/sys/class/net/eth0/operstate').trim() === 'up'
  while (!ends.every(isUp)) await delay(20)
}

/** Sends UDP datagrams from one end of a test pair to the other. */
export function sendDatagrams(from: TestNamespace, sourcePort: number, destinationPort: number, count: number): void {
  const script = `
    const socket = require('node:dgram').createSocket('udp6')
    socket.bind(${sourcePort}, () => {
      let left = ${count}
      const next = error => { if (error) throw error; left-- > 0 ? socket.send('data', ${destinationPort}, '2001:db8:1::2', next) : socket.close() }
      next()
    })`
  from.exec(process.execPath, '-e', script)
}
