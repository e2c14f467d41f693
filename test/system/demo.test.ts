import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { DemoReport } from '../../src/demo/index.ts'
import { testFolder } from '../support/test-folder.ts'

const COMMAND = fileURLToPath(new URL('../../bin/tidemark', import.meta.url))
const folder = testFolder()

/** The demo's scratch files go to a folder of this test's own, which also tells its processes from any other's. */
function start(...args: readonly string[]) {
  const env = { ...process.env, TMPDIR: folder, NO_COLOR: '1' }
  // A group of its own, as a shell gives it: Ctrl-C goes to all of it.
  return spawn(COMMAND, ['demo', ...args], { env, detached: true })
}

async function play(...args: readonly string[]): Promise<{ code: number; report: DemoReport }> {
  const child = start('--output', 'json', ...args)
  const ended = once(child, 'close') as Promise<[number]>
  const [[code], out, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  expect(errors).toBe('')
  return { code, report: JSON.parse(out) as DemoReport }
}

const failedChecks = (report: DemoReport) => report.checks.filter(check => !check.passed).map(check => check.name)

/** Processes that carry this test's folder in their environment, as every process of the demo does. */
function leftProcesses(): string[] {
  return readdirSync('/proc').filter(entry => {
    if (!/^\d+$/.test(entry)) return false
    try {
      return readFileSync(`/proc/${entry}/environ`, 'utf8').includes(`TMPDIR=${folder}`)
    } catch {
      // It ended meanwhile.
      return false
    }
  })
}

function expectNothingLeft(): void {
  expect(leftProcesses()).toEqual([])
  expect(readdirSync(folder)).toEqual([])
}

describe('tidemark demo', () => {
  it('proves that declared packets are marked, and only those', async () => {
    const { code, report } = await play()
    expect(failedChecks(report)).toEqual([])
    expect(code).toBe(0)
    const { declared, other } = report.transfers
    expect(declared.dataPackets).toBeGreaterThan(5_000)
    expect(declared.taggedPackets).toBe(declared.dataPackets)
    expect(Object.keys(declared.labels)).toHaveLength(1)
    expect(other.labels).toEqual({ 0: other.dataPackets })
    expect(report.dropped).toBe(0)
    expect(report.fireflies.map(firefly => firefly.state)).toEqual(['start', 'end'])
    expectNothingLeft()
  })

  it('fails, and says why, when nothing is marked', async () => {
    const { code, report } = await play('--without', 'marker')
    expect(code).toBe(1)
    expect(failedChecks(report)).toEqual(['every data packet of the declared transfer carries the tag'])
    expect(report.transfers.declared.taggedPackets).toBe(0)
    expectNothingLeft()
  })

  it('fails, and says why, when nothing is announced', async () => {
    const { code, report } = await play('--without', 'firefly')
    expect(code).toBe(1)
    expect(failedChecks(report)).toEqual([
      'the start firefly arrived and conforms to the schema',
      'the end firefly arrived and conforms to the schema',
    ])
    expectNothingLeft()
  })

  it.each([
    [['SIGINT'], 'the whole group, as Ctrl-C does', -1],
    [['SIGTERM'], 'the director', 1],
    [['SIGTERM', 'SIGTERM'], 'the director in one breath', 1],
  ] as const)('leaves nothing behind on %j to %s', async (signals, _, sign) => {
    const child = start()
    const ended = once(child, 'close')
    // Whatever it does at that moment, its hosts are up.
    await once(child.stdout, 'data')
    await expect.poll(() => leftProcesses().length).toBeGreaterThan(1)
    await sleep(700)
    for (const signal of signals) {
      process.kill(sign * child.pid!, signal)
      // Two of a kind that wait together are one.
      await sleep(10)
    }
    expect((await ended)[0]).toBe(130)
    expectNothingLeft()
  })

  it('cleans up after its director is killed', async () => {
    const child = start()
    await once(child.stdout, 'data')
    await sleep(700)
    child.kill('SIGKILL')
    await once(child, 'close')
    await expect.poll(leftProcesses, { interval: 100 }).toEqual([])
  })
})
