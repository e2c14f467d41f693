import { describe, expect, it } from 'vitest'
import { endEvent, startEvent } from '../../../test/support/flowd/flows.ts'
import { pipelineOf, Reader, Recorder } from '../../../test/support/flowd/pipeline.ts'
import { sampleOf } from '../../../test/support/flowd/samples.ts'
import type { Flow } from '../flow.ts'
import type { PipelineSetup } from './index.ts'

describe('a pipeline with an enricher', () => {
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
    const table = { maxFlows: 10, silenceLimit: 86_400, endGrace: 0, socketCheck: false }
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
