import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { flowOf, startEvent } from '../../../test/support/flowd/flows.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { silentLogger } from '../../common/index.ts'
import { formatTimestamp } from '../../scitags/index.ts'
import type { EndReason, Flow } from '../flow.ts'
import { entryOf, flowEntry, JOURNAL_HEADER, readJournal } from './entry.ts'
import { Journal, type JournalSetup } from './index.ts'

const folder = testFolder()

const END_US = 1_800_000_000_000_000

let files = 0
function journalOf(setup: Partial<JournalSetup> = {}) {
  files += 1
  const path = setup.path ?? join(folder, `${files}`, 'flows.journal')
  const live = new Map<string, Flow>()
  const journal = new Journal({ path, flows: () => live.values(), log: silentLogger, ...setup })
  const start = (port: number) => {
    const flow = flowOf(startEvent(port))
    live.set(flow.key, flow)
    journal.record({ kind: 'start', flow })
    return flow
  }
  const end = (flow: Flow, reason: EndReason = 'event') => {
    live.delete(flow.key)
    journal.record({ kind: 'end', flow: { ...flow, endTimeUs: END_US }, reason })
  }
  return { path, journal, live, start, end }
}

/** What a process that starts now would find, as after a kill. */
async function found(path: string): Promise<Flow[]> {
  const copy = `${path}.copy`
  writeFileSync(copy, readFileSync(path))
  const journal = new Journal({ path: copy, flows: () => [], log: silentLogger })
  const flows = await journal.open()
  await journal.close()
  return flows
}

describe('Journal', () => {
  it('gives back what lived, whole, when the process ended without a word', async () => {
    const { path, journal, start, end } = journalOf()
    expect(await journal.open()).toEqual([])
    const flows = [1, 2, 3].map(start)
    if (flows[1] !== undefined) end(flows[1])
    await journal.flush()
    expect(await found(path)).toEqual([flows[0], flows[2]])
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await journal.close()
  })

  it('belongs to one flowd at a time, also after it was rewritten', async () => {
    const { path, journal, start } = journalOf({ rewriteBytes: 1 })
    const other = () => journalOf({ path }).journal
    await journal.open()
    await expect(other().open()).rejects.toMatchObject({ code: 'JOURNAL_IN_USE', exitCode: 1 })
    const { ino } = statSync(path)
    start(1)
    await expect.poll(() => statSync(path).ino).not.toBe(ino)
    await expect(other().open()).rejects.toMatchObject({ code: 'JOURNAL_IN_USE' })
    await journal.close()
    const next = other()
    expect(await next.open()).toHaveLength(1)
    await next.close()
  })

  it('remembers which host told of a flow, of one that lives and of one that a stop ended', async () => {
    const { path, journal, start } = journalOf()
    await journal.open()
    const toldBy = { address: '2001:db8::7', atEnd: true }
    const flows = [1, 2].map(n => ({ ...start(n), toldBy }))
    const stopped = { ...flows[1]!, endTimeUs: 5 }
    for (const flow of flows) journal.record({ kind: 'start', flow })
    journal.record({ kind: 'end', flow: stopped, reason: 'shutdown' })
    await journal.flush()
    expect(await found(path)).toEqual([flows[0], stopped])
    await journal.close()
  })

  it('tolerates a last line that was cut anywhere, and goes on after it', async () => {
    const { path, journal, start } = journalOf()
    await journal.open()
    const flows = [1, 2].map(start)
    await journal.flush()
    const length = readFileSync(path).length
    const last = flowEntry(flowOf(startEvent(2))).length
    for (let cut = 1; cut < last; cut += 1) {
      const torn = `${path}.torn`
      writeFileSync(torn, readFileSync(path))
      truncateSync(torn, length - cut)
      const resumed = journalOf({ path: torn })
      const whole = cut === 1 ? flows : flows.slice(0, 1)
      expect(await resumed.journal.open()).toEqual(whole)
      const third = resumed.start(3)
      await resumed.journal.flush()
      expect(await found(torn)).toEqual([...whole, third])
      await resumed.journal.close()
    }
    await journal.close()
  })

  it('loses only damaged lines', async () => {
    const { path, journal, start } = journalOf()
    await journal.open()
    const first = start(1)
    await journal.flush()
    appendFileSync(path, 'garbage\n["+","tcp"]\n["?"]\n{"a":1}\n["-",7]\n\n\n')
    const second = start(2)
    await journal.flush()
    expect(await found(path)).toEqual([first, second])
    await journal.close()
  })

  it('stays as small as what lives, while flows come and go', async () => {
    const { path, journal, start, end } = journalOf({ rewriteBytes: 20_000 })
    await journal.open()
    const kept = [1, 2, 3].map(start)
    let largest = 0
    for (let round = 0; round < 60; round += 1) {
      for (let port = 100; port < 150; port += 1) end(start(port))
      await journal.flush()
      largest = Math.max(largest, statSync(path).size)
    }
    expect(largest).toBeLessThan(60_000)
    expect(await found(path)).toEqual(kept)
    await journal.close()
    expect(readFileSync(path, 'utf8')).toBe(JOURNAL_HEADER + kept.map(flowEntry).join(''))
  })

  it('misses nothing that happens during a rewriting', async () => {
    const { path, journal, live, start, end } = journalOf({ rewriteBytes: 1 })
    await journal.open()
    for (let port = 1; port <= 5000; port += 1) start(port)
    for (let turn = 0; turn < 50; turn += 1) {
      end([...live.values()][turn * 7] as Flow)
      start(10_000 + turn)
      await new Promise(resolve => setImmediate(resolve))
    }
    await journal.flush()
    expect(new Set((await found(path)).map(({ key }) => key))).toEqual(new Set(live.keys()))
    await journal.close()
  })

  it('keeps what a stop ended, with the time of that end, and nothing that ended otherwise', async () => {
    const { path, journal, start, end } = journalOf()
    await journal.open()
    const flows = [1, 2, 3].map(start)
    for (const [index, flow] of flows.entries()) end(flow, index === 1 ? 'event' : 'shutdown')
    await journal.flush()
    const stopped = [flows[0], flows[2]].map(flow => ({ ...flow, endTimeUs: END_US }))
    expect(await found(path)).toEqual(stopped)
    await journal.close()
    expect(await found(path)).toEqual(stopped)

    const next = journalOf({ path })
    expect(await next.journal.open()).toEqual(stopped)
    const again = next.start(1)
    next.journal.forget(flows[2]?.key ?? '')
    await next.journal.flush()
    expect(await found(path)).toEqual([again])
    await next.journal.close()
    expect(await found(path)).toEqual([again])
  })

  it('loses nothing of what it found when it is rewritten before all of it is brought back', async () => {
    const { path, journal, start } = journalOf()
    await journal.open()
    const flows = Array.from({ length: 100 }, (_, index) => start(index + 1))
    await journal.close()
    const next = journalOf({ path, rewriteBytes: 1 })
    await next.journal.open()
    const [brought, ended] = flows as [Flow, Flow]
    next.live.set(brought.key, brought)
    next.journal.record({ kind: 'resume', flow: brought })
    next.end(ended, 'restart')
    await next.journal.flush()
    expect(new Set(await found(path))).toEqual(new Set(flows.filter(flow => flow !== ended)))
    await next.journal.close()
  })

  it('bounds what waits for a slow disk, and is whole again afterwards', async () => {
    const { path, journal, live, start } = journalOf({ pendingBytes: 1000 })
    await journal.open()
    for (let port = 1; port <= 500; port += 1) start(port)
    await journal.close()
    expect((await found(path)).length).toBe(live.size)
  })

  it('says why it cannot be opened', async () => {
    writeFileSync(join(folder, 'file'), '')
    const { journal } = journalOf({ path: join(folder, 'file', 'x') })
    await expect(journal.open()).rejects.toMatchObject({ code: 'JOURNAL_UNUSABLE' })
    await journal.close()
  })

  it('reports a disk that fails once, goes on, and closes', async () => {
    const errors: string[] = []
    const log = { ...silentLogger, error: (_fields: object, message: string) => void errors.push(message) }
    const { path, journal, start } = journalOf({ log, rewriteBytes: 1, retryMs: 1 })
    await journal.open()
    rmSync(join(path, '..'), { recursive: true })
    for (let port = 1; port <= 3; port += 1) {
      start(port)
      await journal.flush()
    }
    expect(journal.isFailing).toBe(true)
    await journal.close()
    await journal.close()
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain('ENOENT')
  })

  it('takes no flow from a damaged line that could not be looked for or announced', () => {
    const flow = flowOf(startEvent(5, { application: 'x' }))
    const whole = JSON.parse(flowEntry(flow)) as unknown[]
    const strange = ['nonsense', '', -1, 0.5, 70_000, 1e300, null, {}, [], true]
    const damaged = whole.slice(1).flatMap((_, place) => strange.map(value => whole.with(place + 1, value)))
    const lines = [whole, ...damaged].map(fields => JSON.stringify(fields))
    const read = lines.flatMap(line => [...readJournal(Buffer.from(line)).flows.values()])
    expect(read[0]).toEqual(flow)
    for (const { tuple, label = 0, startTimeUs } of read) {
      expect(tuple).toEqual(flow.tuple)
      expect(label).toBeLessThan(2 ** 20)
      expect(() => formatTimestamp(startTimeUs)).not.toThrow()
    }
  })

  it('survives any bytes', () => {
    const entry = fc.constantFrom(
      ...[1, 2].flatMap(port => {
        const flow = flowOf(startEvent(port, { application: '"\n€' }))
        const end = { ...flow, endTimeUs: END_US }
        return [
          entryOf({ kind: 'start', flow }),
          entryOf({ kind: 'end', flow: end, reason: 'event' }),
          entryOf({ kind: 'end', flow: end, reason: 'shutdown' }),
        ]
      }),
    )
    const piece = fc.oneof(entry, fc.string(), fc.json(), fc.constant('\n'))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), pieces => {
        const { flows } = readJournal(Buffer.from(pieces.join('')))
        for (const [key, flow] of flows) expect(flow.key).toBe(key)
      }),
      { numRuns: 20_000 },
    )
  })
})
