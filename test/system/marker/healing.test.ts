import { execFileSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import type { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { LABEL, labelOnTheWire, markerMetric, markingFlowd, PATIENCE, said } from '../../support/flowd/marking-flowd.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { Probe } from '../../support/probe.ts'

const laboratory = new Laboratory()
afterAll(() => laboratory.close())

/** What stands on eth0: the qdisc clsact or not, and the names of its egress filters. */
function standing(namespace: TestNamespace): { clsact: boolean; filters: string[] } {
  const qdiscs = namespace.exec('tc', 'qdisc', 'show', 'dev', 'eth0')
  const filters = namespace.exec('tc', 'filter', 'show', 'dev', 'eth0', 'egress')
  return {
    clsact: qdiscs.includes('clsact'),
    filters: [...filters.matchAll(/\b(\w+):\[\d+\]/g)].map(([, name]) => name!),
  }
}

const NOTHING = { clsact: false, filters: [] }

const tc = (namespace: TestNamespace, words: string) => namespace.exec('tc', ...words.split(' '))
/** What health says that keeps units from their work; '' when nothing does. */
const problems = async (flowd: FlowdProcess) =>
  (await flowd.control.health()).problems.map(({ unit, problem }) => `${unit}: ${problem}`).join('\n')
const UNMARKED = 'backend marker: nothing that leaves through eth0 is marked: '
const REMOVED = /somebody removed the program from the interface: it is put back/
const REFUSED_TCX = /TCX was refused: attached as a clsact filter/
const CONTESTED = /somebody removes the program from the interface again and again/

/** Waits until the program was attached so often in all, and is. */
async function attachedAgain(flowd: FlowdProcess, times: number): Promise<void> {
  await expect.poll(() => markerMetric(flowd, 'attached_total'), PATIENCE).toBe(times)
  expect(await markerMetric(flowd, 'interfaces')).toBe(1)
  expect(await markerMetric(flowd, 'interfaces_unmarked')).toBe(0)
  expect(await problems(flowd)).toBe('')
}

describe('a filter that somebody else removes', () => {
  const marker = { targetInterfaces: ['eth0'], attach: 'clsact' }

  it('is put back with its qdisc, and both go at the end', async () => {
    const { left, right } = laboratory.pair()
    await using flowd = await markingFlowd(left, marker)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
    tc(left, 'qdisc del dev eth0 clsact')
    await attachedAgain(flowd, 2)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
    expect(standing(left)).toEqual({ clsact: true, filters: ['tidemark_marker'] })
    expect(await markerMetric(flowd, 'removed_total')).toBe(1)
    expect(said(flowd, REMOVED)).toBe(1)
    expect(flowd.stderr.split('\n').find(line => REMOVED.test(line))).toMatch(/interface.*eth0/)
    expect(await flowd.stop()).toBe(0)
    expect(standing(left)).toEqual(NOTHING)
  })

  it('is put back on the qdisc that flowd made, which goes at the end', async () => {
    const { left, right } = laboratory.pair()
    await using flowd = await markingFlowd(left, marker)
    tc(left, 'filter del dev eth0 egress')
    await attachedAgain(flowd, 2)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
    expect(await flowd.stop()).toBe(0)
    expect(standing(left)).toEqual(NOTHING)
  })

  it('is put back on the qdisc that somebody made anew, which stays', async () => {
    const { left, right } = laboratory.pair()
    await using flowd = await markingFlowd(left, marker)
    // In one process, so that flowd's own comes not in between.
    left.exec('sh', '-c', "printf 'qdisc %s dev eth0 clsact\\n' del add | tc -batch -")
    await attachedAgain(flowd, 2)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
    expect(await flowd.stop()).toBe(0)
    expect(standing(left)).toEqual({ clsact: true, filters: [] })
  })

  it('is put back beside the one that learns of narrow paths, and so is that one', async () => {
    const { left } = laboratory.pair()
    await using flowd = await markingFlowd(left, { ...marker, markingStrategy: 'hopByHop' })
    const ingress = () => left.exec('tc', 'filter', 'show', 'dev', 'eth0', 'ingress')
    const before = ingress()
    expect(before).toMatch(/tidemark_\w+:\[/)
    tc(left, 'filter del dev eth0 ingress')
    await attachedAgain(flowd, 2)
    expect(ingress()).toBe(before)
    expect(standing(left).filters).toEqual(['tidemark_marker'])
    tc(left, 'qdisc del dev eth0 clsact')
    await attachedAgain(flowd, 3)
    expect(ingress().replaceAll(/0x71de000\d/g, '')).toBe(before.replaceAll(/0x71de000\d/g, ''))
    expect(standing(left).filters).toEqual(['tidemark_marker'])
    expect(await flowd.stop()).toBe(0)
    expect(standing(left)).toEqual(NOTHING)
  })

  it('leaves alone what others do on the interface', async () => {
    const { left } = laboratory.pair()
    await using flowd = await markingFlowd(left, marker)
    tc(left, 'filter add dev eth0 egress prio 9 u32 match u32 0 0')
    tc(left, 'filter del dev eth0 egress prio 9')
    tc(left, 'filter add dev eth0 ingress prio 9 u32 match u32 0 0')
    tc(left, 'filter del dev eth0 ingress')
    tc(left, 'filter del dev eth0 egress prio 2')
    await attachedAgain(flowd, 2)
    expect(await markerMetric(flowd, 'removed_total')).toBe(1)
  })

  it('is not fought for: it comes back later each time, which is said once, and nothing stays behind a stop meanwhile', async () => {
    const { left } = laboratory.pair()
    await using flowd = await markingFlowd(left, marker)
    for (let times = 1; times <= 3; times += 1) {
      await attachedAgain(flowd, times)
      tc(left, 'filter del dev eth0 egress')
    }
    await expect.poll(() => problems(flowd), PATIENCE).toContain(`${UNMARKED}somebody removed the program, 3 times`)
    expect(said(flowd, REMOVED)).toBe(1)
    expect(said(flowd, CONTESTED)).toBe(1)
    expect(await flowd.stop()).toBe(0)
    expect(standing(left)).toEqual(NOTHING)
  })
})

describe('a TCX link that somebody else detaches', () => {
  it('is made anew', async () => {
    const { left, right } = laboratory.pair()
    const maxFlows = 60_000 + (process.pid % 9000)
    await using flowd = await markingFlowd(left, { targetInterfaces: ['eth0'], attach: 'tcx', maxFlows })
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
    execFileSync('bpftool', ['link', 'detach', 'id', String(linkOf(maxFlows))])
    expect(await labelOnTheWire(left, right)).toBe(0)
    await attachedAgain(flowd, 2)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
    expect(await markerMetric(flowd, 'removed_total')).toBe(1)
    expect(said(flowd, REMOVED)).toBe(1)
    expect(await flowd.stop()).toBe(0)
    expect(await labelOnTheWire(left, right)).toBe(0)
  })
})

/**
 * The id of the link of the marker whose map of marks has so many entries, by which it is told from others on this
 * machine.
 */
function linkOf(maxFlows: number): number {
  const bpftool = <Row>(...words: string[]) =>
    JSON.parse(execFileSync('bpftool', ['-j', ...words], { encoding: 'utf8' })) as Row[]
  const maps = bpftool<{ id: number; name?: string; max_entries: number }>('map', 'show')
  const ours = new Set(
    maps.filter(({ name, max_entries }) => name === 'tidemark_marks' && max_entries === maxFlows).map(({ id }) => id),
  )
  const programs = bpftool<{ id: number; map_ids?: number[] }>('prog', 'show')
  const program = programs.find(({ map_ids = [] }) => map_ids.some(id => ours.has(id)))?.id
  const link = bpftool<{ id: number; prog_id?: number }>('link', 'show').find(({ prog_id }) => prog_id === program)
  if (program === undefined || link === undefined) throw new Error('no link of the marker was found')
  return link.id
}

describe('an interface that the kernel refuses the program for', () => {
  /** How many programs the kernel lets stand on one hook (one less than BPF_MPROG_MAX, linux/bpf_mprog.h). */
  const MOST_PROGRAMS = 63

  it.each([
    ['clsact, while the qdisc ingress is in its place', 'clsact'],
    ['tcx, while the list of programs is full', 'tcx'],
  ] as const)('is marked on when that is over: %s', async (_, attach) => {
    const { left, right } = laboratory.pair()
    using others = new DisposableStack()
    if (attach === 'clsact') tc(left, 'qdisc add dev eth0 ingress')
    else for (let count = 0; count < MOST_PROGRAMS; count += 1) others.use(new Probe().attach(left, 'egress'))
    await using flowd = await markingFlowd(left, { discoverInterfaces: true, attach })
    left.exec('ip', 'address', 'add', '2001:1458::5/64', 'dev', 'eth0', 'nodad')
    await expect.poll(() => problems(flowd), PATIENCE).toContain(UNMARKED)
    expect(await markerMetric(flowd, 'interfaces_unmarked')).toBe(1)
    await expect.poll(() => markerMetric(flowd, 'attach_failed_total'), PATIENCE).toBeGreaterThan(1)
    expect(said(flowd, /nothing of the interface can be marked/)).toBe(1)
    expect(await labelOnTheWire(left, right)).toBe(0)

    if (attach === 'clsact') tc(left, 'qdisc del dev eth0 ingress')
    else others.dispose()
    await attachedAgain(flowd, 1)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
    expect(said(flowd, /marking what leaves/)).toBe(1)
    expect(await flowd.stop()).toBe(0)
    expect(standing(left)).toEqual(NOTHING)
  })

  it('TCX and not clsact: is marked on all the same when `attach` is auto, and a warning says why', async () => {
    const { left, right } = laboratory.pair()
    using others = new DisposableStack()
    const fill = (count: number) => {
      for (let made = 0; made < count; made += 1) others.use(new Probe().attach(left, 'egress'))
    }
    fill(MOST_PROGRAMS - 1)
    const maxFlows = 70_000 + (process.pid % 9000)
    await using flowd = await markingFlowd(left, { targetInterfaces: ['eth0'], maxFlows })
    expect(standing(left)).toEqual(NOTHING)
    expect(said(flowd, REFUSED_TCX)).toBe(0)
    execFileSync('bpftool', ['link', 'detach', 'id', String(linkOf(maxFlows))])
    fill(1)
    await attachedAgain(flowd, 2)
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
    expect(standing(left)).toEqual({ clsact: true, filters: ['tidemark_marker'] })
    expect(said(flowd, REFUSED_TCX)).toBe(1)
    expect(await flowd.stop()).toBe(0)
    expect(standing(left)).toEqual(NOTHING)

    await using next = await markingFlowd(left, { targetInterfaces: ['eth0'] })
    expect(await labelOnTheWire(left, right)).toBe(LABEL)
    expect(next.stderr.split('\n').find(line => REFUSED_TCX.test(line))).toMatch(/interface=eth0.*ERANGE/)
  })
})
