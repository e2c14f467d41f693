import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeFlowLabel } from '../../../src/scitags/index.ts'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { LabelWatch, type SeenPacket } from '../../support/flowd/label-watch.ts'
import { listenForStreams, startStream } from '../../support/flowd/stream.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'

const NOBODY = 65_534
const laboratory = new Laboratory()
let left: TestNamespace
let right: TestNamespace
const folders: string[] = []

beforeAll(async () => {
  ;({ left, right } = laboratory.pair())
  await listenForStreams(right, 5001)
})
afterAll(async () => {
  await laboratory.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder of another user. */
function folderOf(uid: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-nobody-'))
  chownSync(folder, uid, uid)
  folders.push(folder)
  return folder
}

/** setpriv(1): another user, with no capability but those named. */
function asNobodyWith(...capabilities: string[]): string[] {
  const list = ['-all', ...capabilities.map(name => `+${name}`)].join(',')
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
  return ['setpriv', ...user, `--inh-caps=${list}`, `--ambient-caps=${list}`, `--bounding-set=${list}`]
}

const marking = (options: object = {}) => ({ backends: { marker: { targetInterfaces: ['eth0'], ...options } } })
const MARKER = marking()

/** What a packet of experiment 3, activity 14 carries. */
const HOP_BY_HOP = 0
const DESTINATION = 60
const isLabelled = ({ flowLabel }: SeenPacket) => {
  const { experiment, activity } = decodeFlowLabel(flowLabel)
  return experiment === 3 && activity === 14
}
const hasHeaders =
  (...kinds: readonly number[]) =>
  ({ extensionHeaders }: SeenPacket) =>
    extensionHeaders.join() === kinds.join()

describe('flowd without root', () => {
  it.each([
    [{}, isLabelled],
    [{ matchAll: true, debugMode: true }, isLabelled],
    [{ markingStrategy: 'hopByHop' }, hasHeaders(HOP_BY_HOP)],
    [{ markingStrategy: 'destination', matchAll: true }, hasHeaders(DESTINATION)],
    [{ markingStrategy: 'hopByHopDestination', debugMode: true }, hasHeaders(HOP_BY_HOP, DESTINATION)],
  ])('marks with CAP_BPF and CAP_NET_ADMIN alone: %o', async (options, isMarked) => {
    using watch = new LabelWatch(right, 'eth0')
    const stream = await startStream(left, '2001:db8:1::2', 5001)
    await using flowd = await new FlowdProcess({
      folder: folderOf(NOBODY),
      configuration: marking(options),
      prefix: asNobodyWith('bpf', 'net_admin'),
      spawn: left.spawn,
    }).ready()
    await flowd.control.send([`start tcp 2001:db8:1::1 ${stream.sourcePort} 2001:db8:1::2 5001 3 14`])
    const marked = await watch.next(packet => packet.sourcePort === stream.sourcePort && isMarked(packet))
    expect(marked.destinationPort).toBe(5001)
    expect(await flowd.stop()).toBe(0)
  })

  it.each([[['net_admin']], [['bpf']], [[]]])('refuses to mark with %s alone, with its remedy', async capabilities => {
    await using flowd = new FlowdProcess({
      folder: folderOf(NOBODY),
      configuration: MARKER,
      prefix: asNobodyWith(...capabilities),
      spawn: left.spawn,
    })
    expect(await flowd.ended()).toBe(78)
    expect(flowd.stderr).toMatch(/^error [A-Z_]+: .*\nremedy: .*CAP_/m)
  })

  it('runs everything but the marker with no capability at all', async () => {
    await using flowd = await new FlowdProcess({
      folder: folderOf(NOBODY),
      configuration: MARKER,
      words: ['--without', 'marker'],
      prefix: asNobodyWith(),
      spawn: left.spawn,
    }).ready()
    await flowd.control.send(['start tcp ::1 1 ::1 2 3 14'])
    expect(await flowd.control.flows()).toHaveLength(1)
    expect(await flowd.stop()).toBe(0)
  })

  // The watcher reads what the kernel hands to it; skops reads the kernel's own structures, which takes one more.
  // ('ip netns exec' hides cgroups, so these run on the host.)
  it.each([
    ['iperf3', { plugins: { iperf3: {} } }, ['bpf', 'net_admin']],
    ['skops', { enrichers: { skops: {} } }, ['bpf', 'net_admin', 'perfmon']],
  ] as const)('watches sockets for %s with what it names', async (_unit, configuration, capabilities) => {
    await using flowd = await new FlowdProcess({
      folder: folderOf(NOBODY),
      configuration,
      prefix: asNobodyWith(...capabilities),
    }).ready()
    expect(await flowd.stop()).toBe(0)
  })

  it.each([
    ['the plugin iperf3', { plugins: { iperf3: {} } }, ['net_admin'], 'CAP_BPF'],
    ['the enricher skops', { enrichers: { skops: {} } }, ['bpf', 'net_admin'], 'CAP_PERFMON'],
    ['the enricher skops', { enrichers: { skops: {} } }, [], 'CAP_BPF and CAP_NET_ADMIN and CAP_PERFMON'],
  ] as const)('says that %s lacks a capability, and how to grant it', async (unit, configuration, held, missing) => {
    await using flowd = new FlowdProcess({
      folder: folderOf(NOBODY),
      configuration,
      prefix: asNobodyWith(...held),
    })
    expect(await flowd.ended()).toBe(78)
    expect(flowd.stderr).toContain(`CAPABILITY_MISSING: ${unit} lacks ${missing}\n`)
    expect(flowd.stderr).toMatch(/^remedy: .*CAP_PERFMON as well, by the drop-in/m)
  })
})
