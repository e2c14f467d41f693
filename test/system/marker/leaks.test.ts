import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tupleOf } from '../../support/five-tuple.ts'
import { MarkerInNamespace } from '../../support/marker-in-namespace.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'

const CYCLES = 100
/** A size that no other marker on this machine has, by which ours are told apart from theirs. */
const MAX_FLOWS = 1000 + (process.pid % 50_000)

const laboratory = new Laboratory()
let namespace: TestNamespace
beforeAll(() => {
  namespace = laboratory.namespace()
})
afterAll(() => laboratory.close())

function bpftool<Row>(...args: string[]): Row[] {
  return JSON.parse(execFileSync('bpftool', ['-j', ...args], { encoding: 'utf8' })) as Row[]
}

/** Our maps of marks in the kernel, and the programs that use them. */
function inKernel(): { maps: number; programs: number } {
  const maps = bpftool<{ id: number; name?: string; max_entries: number }>('map', 'show')
  const ours = maps.filter(({ name, max_entries }) => name === 'tidemark_marks' && max_entries === MAX_FLOWS)
  const ids = new Set(ours.map(({ id }) => id))
  const programs = bpftool<{ map_ids?: number[] }>('prog', 'show')
  return {
    maps: ours.length,
    programs: programs.filter(({ map_ids = [] }) => map_ids.some(id => ids.has(id))).length,
  }
}

const openDescriptors = () => readdirSync('/proc/self/fd').length

async function cycle(attach: 'tcx' | 'clsact'): Promise<void> {
  const marker = await MarkerInNamespace.start(namespace, { attach, targetInterfaces: ['lo'], maxFlows: MAX_FLOWS })
  marker.mark(tupleOf(), 1)
  await marker.stop()
}

describe.each(['tcx', 'clsact'] as const)('%s', attach => {
  it(`${CYCLES} starts and stops leak no descriptor, map or program`, async () => {
    await cycle(attach)
    const running = await MarkerInNamespace.start(namespace, { attach, targetInterfaces: ['lo'], maxFlows: MAX_FLOWS })
    // The kernel frees what the cycle before used in its own time.
    await expect.poll(inKernel).toEqual({ maps: 1, programs: 1 })
    await running.stop()

    const before = openDescriptors()
    for (let round = 0; round < CYCLES; round += 1) await cycle(attach)
    expect(openDescriptors()).toBe(before)
    await expect.poll(inKernel).toEqual({ maps: 0, programs: 0 })
    expect(namespace.exec('tc', 'qdisc', 'show', 'dev', 'lo')).not.toContain('clsact')
  })

  it('what learns the path MTU leaks nothing either', async () => {
    const options = { attach, targetInterfaces: ['lo'], maxFlows: MAX_FLOWS, markingStrategy: 'hopByHop' as const }
    const before = openDescriptors()
    for (let round = 0; round < 10; round += 1) {
      const marker = await MarkerInNamespace.start(namespace, options)
      if (round === 0) await expect.poll(inKernel, { timeout: 20_000 }).toEqual({ maps: 1, programs: 2 })
      await marker.stop()
    }
    expect(openDescriptors()).toBe(before)
    await expect.poll(inKernel, { timeout: 20_000 }).toEqual({ maps: 0, programs: 0 })
    expect(namespace.exec('tc', 'qdisc', 'show', 'dev', 'lo')).not.toContain('clsact')
  })

  it('starts that fail leak nothing either', async () => {
    const before = openDescriptors()
    for (let round = 0; round < 10; round += 1) {
      const options = { attach, targetInterfaces: ['lo', 'absent'], maxFlows: MAX_FLOWS }
      await expect(MarkerInNamespace.start(namespace, options)).rejects.toMatchObject({ code: 'INTERFACE_ABSENT' })
    }
    expect(openDescriptors()).toBe(before)
    await expect.poll(inKernel).toEqual({ maps: 0, programs: 0 })
    expect(namespace.exec('tc', 'qdisc', 'show', 'dev', 'lo')).not.toContain('clsact')
  })
})
