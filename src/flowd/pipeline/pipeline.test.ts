import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { endEvent, startEvent } from '../../../test/support/flowd/flows.ts'
import { pipelineOf, Recorder, Script } from '../../../test/support/flowd/pipeline.ts'

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
})
