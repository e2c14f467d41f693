import { afterAll, describe, expect, it } from 'vitest'
import { Marker } from '../../../src/flowd/backends/marker/marker.ts'
import type { Backend } from '../../../src/flowd/components.ts'
import type { EndReason, FlowChange } from '../../../src/flowd/flow.ts'
import { inNetworkNamespace } from '../../../src/linux/index.ts'
import { describeBackend } from '../../support/flowd/backend-conformance.ts'
import { flowOf, startEvent } from '../../support/flowd/flows.ts'
import { unitContext } from '../../support/flowd/unit-context.ts'
import { MARKER_DEFAULTS } from '../../support/marker-in-namespace.ts'
import { Laboratory } from '../../support/namespace.ts'

const laboratory = new Laboratory()
const namespace = laboratory.namespace()
afterAll(() => laboratory.close())

const OPTIONS = { ...MARKER_DEFAULTS, targetInterfaces: ['lo'], attach: 'clsact' as const }
let latest: Marker | undefined

describeBackend('marker', {
  create(context): Backend {
    const marker = new Marker(OPTIONS, context)
    latest = marker
    return {
      start: () => inNetworkNamespace(namespace.path, () => marker.start()),
      handle: change => marker.handle(change),
      stop: () => inNetworkNamespace(namespace.path, () => marker.stop()),
    }
  },
  async check(handled) {
    const live = new Map<string, number>()
    for (const { kind, flow } of handled) {
      if (kind === 'end') live.delete(flow.key)
      else if (kind !== 'ongoing' && flow.label !== undefined && flow.tuple.family === 'ipv6')
        live.set(flow.key, flow.label)
    }
    expect(latest?.size).toBe(live.size)
    for (const [key, label] of live) expect(latest?.mark(key)).toBe(label)
  },
  async checkGone() {
    expect(namespace.exec('tc', 'qdisc', 'show', 'dev', 'lo')).not.toContain('clsact')
    expect(latest?.size).toBe(0)
  },
})

const starting = (port: number, change = {}): FlowChange => ({ kind: 'start', flow: flowOf(startEvent(port, change)) })
const ending = (port: number, reason: EndReason = 'event'): FlowChange => {
  return { kind: 'end', flow: flowOf(startEvent(port)), reason }
}

it('leaves the mark of a flow that ends because flowd stops until the stop of the marker itself', async () => {
  const { marker, stop } = await startSmall(2)
  for (const port of [1, 2, 3]) marker.handle(starting(port))
  for (const port of [1, 3]) marker.handle(ending(port, 'shutdown'))
  expect(marker.size).toBe(2)
  await stop()
  expect(marker.size).toBe(0)
})

describe('a full map', () => {
  it('is reported once each time, counted, and what waits is marked when room comes', async () => {
    const { marker, lines, stop } = await startSmall(2)
    const about = (text: string) => lines.filter(({ message }) => message.includes(text)).length
    for (const port of [1, 2, 3, 4, 3]) marker.handle(starting(port))
    expect([about('the marker is full'), about('has room for every flow again')]).toEqual([1, 0])
    marker.handle(ending(1))
    expect(marker.mark(flowOf(startEvent(3)).key)).toBeDefined()
    expect(about('has room for every flow again')).toBe(0)
    marker.handle(ending(4))
    expect(about('has room for every flow again')).toBe(1)
    marker.handle(starting(5))
    expect([about('the marker is full'), about('has room for every flow again')]).toEqual([2, 1])
    await stop()
  })

  it('shows in the metrics, whose sums match', async () => {
    const { marker, context, stop } = await startSmall(2)
    for (const port of [1, 2, 3, 4]) marker.handle(starting(port))
    marker.handle(starting(9, { experiment: 600 }))
    const ipv4 = { address: '192.0.2.1', port: 1 }
    marker.handle(starting(10, { flow: { protocol: 'tcp', family: 'ipv4', source: ipv4, destination: ipv4 } }))
    marker.handle(ending(4))
    const text = await context.metrics.text()
    expect(text).toContain('tidemark_flowd_marker_marks 2')
    expect(text).toContain('tidemark_flowd_marker_waiting 1')
    expect(text).toContain('tidemark_flowd_marker_full_total 2')
    expect(text).toMatch(/^tidemark_flowd_marker_packets_seen_total \d+$/m)
    const account = context.metrics.stage('marks')
    expect(Object.fromEntries(account.droppedByCause)).toEqual({ unmarkable: 1, ipv4: 1, full: 1 })
    expect(account.received).toBe(account.passed + account.dropped() + 1)
    await stop()
    expect(await context.metrics.text()).toContain('tidemark_flowd_marker_marks 0')
    expect(account.received).toBe(account.passed + account.dropped())
  })
})

async function startSmall(maxFlows: number) {
  const context = unitContext()
  const marker = new Marker({ ...OPTIONS, maxFlows }, context)
  await inNetworkNamespace(namespace.path, () => marker.start())
  return {
    marker,
    context,
    lines: context.lines,
    stop: () => inNetworkNamespace(namespace.path, () => marker.stop()),
  }
}
