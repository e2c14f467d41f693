import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startEvent } from '../../../test/support/flowd/flows.ts'
import { pipelineOf, Recorder } from '../../../test/support/flowd/pipeline.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { silentLogger } from '../../common/index.ts'
import { everyFlow } from '../../scitags/index.ts'
import type { FlowEvent } from '../event.ts'
import type { Flow } from '../flow.ts'
import type { SocketVerdict } from '../flow-table/index.ts'
import { JOURNAL_HEADER } from '../journal/entry.ts'
import { Journal } from '../journal/index.ts'
import type { PipelineSetup } from './index.ts'

const folder = testFolder()

describe('a pipeline that starts again', () => {
  it('after a stop goes on with flows whose socket lives, as new starts, and forgets the others', async () => {
    const path = join(folder, 'stopped.journal')
    const journal = (flows: () => Iterable<Flow>) => new Journal({ path, flows, log: silentLogger })
    const verdicts: readonly SocketVerdict[] = ['alive', 'gone', 'unknown']
    const probe: PipelineSetup['probe'] = ({ source }) => verdicts[source.port] ?? 'gone'
    const run = async (...events: FlowEvent[]) => {
      const { pipeline } = pipelineOf({ journal, probe })
      const backend = new Recorder()
      await pipeline.addBackend('one', backend)
      await pipeline.start()
      for (const event of events) pipeline.emit(event)
      const ports = [...pipeline.flows.flows()].map(({ tuple }) => tuple.source.port)
      await pipeline.stop()
      return { backend, ports }
    }
    const first = await run(startEvent(0, { application: 'copy' }), startEvent(1), startEvent(2))
    expect(first.backend.told).toEqual('begin,start 0,start 1,start 2,shutdown 0,shutdown 1,shutdown 2'.split(','))
    for (let restart = 0; restart < 2; restart += 1) {
      const next = await run()
      expect(next.backend.told).toEqual(['begin', 'start 0', 'shutdown 0'])
      expect(next.ports).toEqual([0])
      const { key, label, startTimeUs } = first.backend.flows[0] as Flow
      expect(next.backend.flows[0]).toMatchObject({ key, label, startTimeUs, application: 'copy' })
    }
    // A stop of long ago: the socket may be another transfer's.
    const entry = JSON.parse(readFileSync(path, 'utf8').split('\n')[1] ?? '') as unknown[]
    const longAgo = JSON.stringify([...entry.slice(0, -1), Date.now() * 1000 - 11 * 60 * 1e6])
    writeFileSync(path, `${JOURNAL_HEADER}${longAgo}\n`)
    expect((await run()).ports).toEqual([])
  })

  describe('after a crash', () => {
    const path = join(folder, 'flows.journal')
    const journal = (flows: () => Iterable<Flow>) => new Journal({ path, flows, log: silentLogger })
    const sockets = new Map<number, SocketVerdict>([
      [1, 'alive'],
      [2, 'gone'],
      [3, 'unknown'],
    ])
    const probe: PipelineSetup['probe'] = ({ source }) => sockets.get(source.port) ?? 'gone'
    /** The pipeline that writes the journal goes on here, with a file that nobody sees: as if it had been killed. */
    const kill = () => {
      const bytes = readFileSync(path)
      rmSync(path)
      writeFileSync(path, bytes)
    }

    it('resumes flows whose socket lives, with the same label and start, and announces the end of the others', async () => {
      const crashed = pipelineOf({ journal })
      const before = new Recorder()
      await crashed.pipeline.addBackend('one', before)
      await crashed.pipeline.start()
      for (const port of [1, 2, 3]) crashed.pipeline.emit(startEvent(port))
      await expect.poll(() => before.told.length).toBe(4)
      await delay(20)
      kill()

      const { pipeline } = pipelineOf({ journal, probe })
      const after = new Recorder()
      await pipeline.addBackend('one', after)
      await pipeline.start()
      await expect.poll(() => after.told).toEqual(['begin', 'resume 1', 'restart 2', 'resume 3'])
      for (const [index, flow] of after.flows.entries()) {
        const { label, startTimeUs } = before.flows[index] as Flow
        expect(flow).toMatchObject({ label, startTimeUs })
      }
      expect([...pipeline.flows.flows()].map(({ tuple }) => tuple.source.port)).toEqual([1, 3])
      expect(pipeline.emit(startEvent(1))).toBe('repeated')
      sockets.set(1, 'gone')
      await expect.poll(() => after.told).toContain('socket 1')
      await pipeline.stop()
      expect(after.told.at(-1)).toBe('shutdown 3')

      const third = pipelineOf({ journal, probe })
      await third.pipeline.start()
      expect(third.pipeline.flows.size).toBe(0)
      await third.pipeline.stop()
    })

    it('does not bring back what stands for every packet', async () => {
      const crashed = pipelineOf({ journal })
      await crashed.pipeline.start()
      crashed.pipeline.emit(startEvent(1, { flow: everyFlow('tcp') }))
      await delay(20)
      kill()
      const { pipeline } = pipelineOf({ journal })
      const after = new Recorder()
      await pipeline.addBackend('one', after)
      await pipeline.start()
      await expect.poll(() => after.told).toEqual(['begin', 'restart 0'])
      await pipeline.stop()
    })

    it('announces at the next start what a stop had no time for', async () => {
      const { pipeline } = pipelineOf({ journal, probe, drainMs: 30, queueCapacity: 5 })
      const hanging = new Recorder()
      hanging.handle = () => new Promise<void>(() => undefined)
      await pipeline.addBackend('hanging', hanging)
      await pipeline.start()
      for (let port = 10; port < 30; port += 1) pipeline.emit(startEvent(port))
      await pipeline.stop()

      const next = pipelineOf({ journal, probe })
      const backend = new Recorder()
      await next.pipeline.addBackend('one', backend)
      await next.pipeline.start()
      await next.pipeline.stop()
      // One end went into the room that the change in the hands of the backend had left.
      expect(backend.told.filter(line => line.startsWith('restart'))).toHaveLength(19)
    })
  })
})
