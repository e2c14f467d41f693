import { expect } from 'vitest'
import { pairIsUp, sendDatagrams } from '../marker-in-namespace.ts'
import type { TestNamespace } from '../namespace.ts'
import { Probe } from '../probe.ts'
import { FlowdProcess } from './flowd-process.ts'

export const PATIENCE = { timeout: 30_000, interval: 50 }
const [SOURCE_PORT, PORT] = [40_001, 5201]
/** Of experiment 3, activity 14; and which bits are no entropy. */
export const LABEL = 0x30038
const LABEL_MASK = 0x3fefc

/** flowd in the left namespace of a pair, with one flow to the right one declared. */
export async function markingFlowd(namespace: TestNamespace, marker: object): Promise<FlowdProcess> {
  // Else the kernel gives each socket a label of its own.
  namespace.exec('sysctl', '-qw', 'net.ipv6.auto_flowlabels=0')
  // The flow shall outlive the sockets of those who send a little.
  const configuration = { backends: { marker }, flowTable: { socketCheck: false } }
  const flowd = new FlowdProcess({ configuration, spawn: namespace.spawn })
  await flowd.ready()
  const line = `start udp 2001:db8:1::1 ${SOURCE_PORT} 2001:db8:1::2 ${PORT} cms 14`
  expect(await flowd.control.send([line])).toMatchObject({ accepted: 1 })
  return flowd
}

/** A metric `tidemark_flowd_marker_…` of a running flowd. */
export async function markerMetric(flowd: FlowdProcess, name: string): Promise<number> {
  const { text } = await flowd.get('/metrics')
  return Number(new RegExp(`^tidemark_flowd_marker_${name} (.*)$`, 'm').exec(text)?.[1])
}

/** How many lines of flowd match. */
export function said(flowd: FlowdProcess, pattern: RegExp): number {
  return flowd.stderr.split('\n').filter(line => pattern.test(line)).length
}

/** The label of that flow on the wire, without its entropy, as the right end sees datagrams of the left. */
export async function labelOnTheWire(left: TestNamespace, right: TestNamespace): Promise<number> {
  await pairIsUp(left, right)
  using probe = new Probe().attach(right, 'ingress')
  sendDatagrams(left, SOURCE_PORT, PORT, 5)
  await expect.poll(() => probe.seen(PORT).length, PATIENCE).toBe(1)
  return (probe.seen(PORT)[0]?.label ?? 0) & LABEL_MASK
}
