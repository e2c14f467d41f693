import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { endEvent, startEvent } from '../../../test/support/flowd/flows.ts'
import { sampleOf } from '../../../test/support/flowd/samples.ts'
import { Metrics, silentLogger } from '../../common/index.ts'
import { everyFlow } from '../../scitags/index.ts'
import type { Backend, Enricher, Plugin } from '../components.ts'
import type { FlowEvent } from '../event.ts'
import type { Flow, FlowChange } from '../flow.ts'
import type { SocketVerdict } from '../flow-table/index.ts'
import { JOURNAL_HEADER } from '../journal/entry.ts'
import { Journal } from '../journal/index.ts'
import type { SampleReport } from '../sample.ts'
import { Pipeline, type PipelineSetup } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-pipeline-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

class Recorder implements Backend {
  wantsSamples = false
  readonly told: string[] = []
  readonly flows: Flow[] = []
  stops = 0
  async start(): Promise<void> {
    this.told.push('begin')
  }
  handle(change: FlowChange): void | Promise<void> {
    this.flows.push(change.flow)
    this.told.push(`${change.kind === 'end' ? change.reason : change.kind} ${change.flow.tuple.source.port}`)
  }
  async stop(): Promise<void> {
    this.stops += 1
  }
}

class Script implements Plugin {
  readonly #events: readonly FlowEvent[]
  stops = 0
  constructor(...events: FlowEvent[]) {
    this.#events = events
  }
  async start(emit: (event: FlowEvent) => void): Promise<void> {
    for (const event of this.#events) emit(event)
  }
  async stop(): Promise<void> {
    this.stops += 1
  }
}

/** Reports when it is told to, and remembers which changes it was told of. */
class Reader implements Enricher {
  readonly told: string[] = []
  report: (report: SampleReport) => void = () => undefined
  async start(report: (report: SampleReport) => void): Promise<void> {
    this.report = report
  }
  handle({ kind, flow }: FlowChange): void {
    this.told.push(`${kind} ${flow.tuple.source.port}`)
  }
  async stop(): Promise<void> {
    this.report = () => undefined
  }
}

function pipelineOf(change: Partial<PipelineSetup> = {}) {
  const metrics = new Metrics({ prefix: 'tidemark_flowd' })
  const table = { maxFlows: 100_000, silenceLimit: 86_400, socketCheck: true }
  const setup = { table, application: 'a', probe: () => 'unknown' as const, metrics, log: silentLogger, drainMs: 2000 }
  return { pipeline: new Pipeline({ ...setup, ...change }), stages: metrics.stages, metrics }
}

describe('Pipeline', () => {
  it('leads events of every plugin through the table to every backend (V103)', async () => {
    const { pipeline, stages, metrics } = pipelineOf()
    const backends = [new Recorder(), new Recorder()] as const
    await pipeline.addBackend('one', backends[0])
    await pipeline.addBackend('two', backends[1])
    await pipeline.start()
    const plugin = new Script(startEvent(1), startEvent(1), startEvent(2), endEvent(1), endEvent(9))
    await pipeline.addPlugin('script', plugin)
    await pipeline.stop()
    await pipeline.stop()
    for (const backend of backends) {
      expect(backend.told).toEqual(['begin', 'start 1', 'start 2', 'event 1', 'shutdown 2'])
      expect(backend.stops).toBe(1)
    }
    expect(plugin.stops).toBe(1)
    expect(stages.get('flow table')).toMatchObject({ received: 5, passed: 4 })
    expect(stages.get('flow table')?.dropped('unknown-end')).toBe(1)
    expect(stages.get('backend one')).toMatchObject({ received: 4, passed: 4 })
    expect(await metrics.text()).toContain('tidemark_flowd_events_total{outcome="repeated"} 1')
  })

  it('a backend that throws, rejects or hangs costs only its own changes, and all are counted', async () => {
    const { pipeline, stages } = pipelineOf({ queueCapacity: 10, drainMs: 50 })
    const throwing = new Recorder()
    throwing.handle = () => {
      throw new Error('no')
    }
    const rejecting = new Recorder()
    rejecting.handle = async () => Promise.reject(new Error('no'))
    const hanging = new Recorder()
    hanging.handle = () => new Promise<void>(() => undefined)
    const sound = new Recorder()
    for (const [name, backend] of Object.entries({ throwing, rejecting, hanging, sound })) {
      await pipeline.addBackend(name, backend)
    }
    await pipeline.start()
    for (let port = 1; port <= 100; port += 1) {
      pipeline.emit(startEvent(port))
      await delay(0)
    }
    await pipeline.stop()
    expect(sound.told.filter(line => line.startsWith('start'))).toHaveLength(100)
    expect(stages.get('backend throwing')?.dropped('failed')).toBe(stages.get('backend throwing')?.received)
    expect(stages.get('backend rejecting')?.dropped('failed')).toBe(stages.get('backend rejecting')?.received)
    const account = stages.get('backend hanging')
    expect(account?.dropped('full')).toBe(89)
    expect(account?.dropped('stopped')).toBe(10)
    // One change is in the hands of the backend that hangs.
    expect(account?.received).toBe((account?.passed ?? 0) + (account?.dropped() ?? 0) + 1)
    expect(hanging.stops).toBe(1)
  })

  it('ends more live flows at a stop than a queue holds', async () => {
    const { pipeline, stages } = pipelineOf({ queueCapacity: 1500 })
    const backend = new Recorder()
    await pipeline.addBackend('one', backend)
    await pipeline.start()
    for (let port = 1; port <= 10_000; port += 1) {
      pipeline.emit(startEvent(port))
      if (port % 1000 === 0) await expect.poll(() => backend.told.length).toBe(port + 1)
    }
    await pipeline.stop()
    expect(backend.told.filter(line => line.startsWith('shutdown'))).toHaveLength(10_000)
    expect(stages.get('backend one')?.dropped()).toBe(0)
  })

  it('takes nothing before its start and after its stop', async () => {
    const { pipeline, stages } = pipelineOf()
    expect(pipeline.emit(startEvent(1))).toBeUndefined()
    await pipeline.start()
    expect(pipeline.emit(startEvent(1))).toBe('started')
    await pipeline.stop()
    expect(pipeline.emit(startEvent(1))).toBeUndefined()
    expect(stages.get('flow table')?.dropped('stopped')).toBe(2)
  })

  it('tells a backend that comes later what lives already, and lets one that goes finish', async () => {
    const { pipeline } = pipelineOf()
    await pipeline.start()
    pipeline.emit(startEvent(1))
    const late = new Recorder()
    await pipeline.addBackend('late', late)
    pipeline.emit(startEvent(2))
    await pipeline.removeBackend('late')
    pipeline.emit(startEvent(3))
    await pipeline.stop()
    expect(late.told).toEqual(['begin', 'resume 1', 'start 2'])
    expect(late.stops).toBe(1)
  })

  it('tells a late backend of more live flows than its queue holds', async () => {
    const { pipeline, stages } = pipelineOf({ queueCapacity: 2500 })
    await pipeline.start()
    for (let port = 1; port <= 10_000; port += 1) pipeline.emit(startEvent(port))
    const late = new Recorder()
    await pipeline.addBackend('late', late)
    await expect.poll(() => late.told.length).toBe(10_001)
    expect(stages.get('backend late')?.dropped()).toBe(0)
    await pipeline.stop()
  })

  describe('with an enricher', () => {
    async function sampled(change: Partial<PipelineSetup> = {}) {
      const { pipeline, stages } = pipelineOf(change)
      const [reader, wanting, other] = [new Reader(), new Recorder(), new Recorder()]
      wanting.wantsSamples = true
      await pipeline.addBackend('wanting', wanting)
      await pipeline.addBackend('other', other)
      await pipeline.start()
      pipeline.emit(startEvent(1))
      await pipeline.addEnricher('reader', reader)
      pipeline.emit(startEvent(2))
      await expect.poll(() => reader.told).toEqual(['resume 1', 'start 2'])
      const [first, second] = [...pipeline.flows.flows()] as [Flow, Flow]
      return { pipeline, stages, reader, wanting, other, first, second }
    }

    it('tells samples to backends that want them, and what the flow moved to all', async () => {
      const { pipeline, stages, reader, wanting, other, first, second } = await sampled()
      const sample = sampleOf({ bytesSent: 1500, bytesRetrans: 500, bytesReceived: 7 })
      reader.report({ key: first.key, sample, gone: false })
      reader.report({ key: second.key, sample: sampleOf({ bytesAcked: 5, bytesReceived: 6 }), gone: true })
      reader.report({ key: second.key, sample, gone: false })
      expect(first.usage).toEqual({ sentBytes: 1000, receivedBytes: 7 })
      expect(second.usage).toEqual({ sentBytes: 5, receivedBytes: 6 })
      await pipeline.stop()
      expect(wanting.told).toEqual(['begin', 'start 1', 'start 2', 'sample 1', 'sample 2', 'socket 2', 'shutdown 1'])
      expect(other.told).toEqual(['begin', 'start 1', 'start 2', 'socket 2', 'shutdown 1'])
      expect(reader.told).toEqual(['resume 1', 'start 2', 'end 2', 'end 1'])
      expect(stages.get('samples')).toMatchObject({ received: 3, passed: 2 })
      expect(stages.get('samples')?.dropped('flow-ended')).toBe(1)
    })

    it('does not end a flow by its socket when sockets are not to be looked at', async () => {
      const table = { maxFlows: 10, silenceLimit: 86_400, socketCheck: false }
      const { pipeline, reader, first } = await sampled({ table })
      reader.report({ key: first.key, sample: undefined, gone: true })
      expect(pipeline.flows.size).toBe(2)
      await pipeline.stop()
    })

    it('drops samples, not ends, for a backend that falls behind', async () => {
      const { pipeline, stages, reader, wanting, first } = await sampled({ queueCapacity: 10 })
      await expect.poll(() => wanting.told.length).toBe(3)
      for (let count = 0; count < 20; count += 1) reader.report({ key: first.key, sample: sampleOf(), gone: false })
      pipeline.emit(endEvent(1))
      await pipeline.stop()
      expect(wanting.told).toEqual([
        'begin',
        'start 1',
        'start 2',
        ...Array.from({ length: 5 }, () => 'sample 1'),
        'event 1',
        'shutdown 2',
      ])
      expect(stages.get('backend wanting')?.dropped('sample')).toBe(15)
    })

    it('tells an enricher that is removed nothing more', async () => {
      const { pipeline, reader } = await sampled()
      await pipeline.removeEnricher('reader')
      pipeline.emit(startEvent(3))
      await pipeline.stop()
      expect(reader.told).toEqual(['resume 1', 'start 2'])
    })
  })

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

  it('ends the flows that a plugin told of, and no others', async () => {
    const { pipeline } = pipelineOf()
    const backend = new Recorder()
    await pipeline.addBackend('one', backend)
    await pipeline.start()
    for (const port of [1, 2, 3]) pipeline.emit(startEvent(port, { origin: port === 3 ? 'other' : 'owner' }))
    await pipeline.endFlowsOf(['owner', 'nobody'])
    expect(Array.from(pipeline.flows.flows(), ({ origin }) => origin)).toEqual(['other'])
    await expect.poll(() => backend.told.slice(4)).toEqual(['off 1', 'off 2'])
    await pipeline.stop()
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

    it('resumes flows whose socket lives, with the same label and start, and announces the end of the others', async () => {
      const crashed = pipelineOf({ journal })
      const before = new Recorder()
      await crashed.pipeline.addBackend('one', before)
      await crashed.pipeline.start()
      for (const port of [1, 2, 3]) crashed.pipeline.emit(startEvent(port))
      await expect.poll(() => before.told.length).toBe(4)
      await delay(20)

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
