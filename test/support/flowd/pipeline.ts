import { Metrics, silentLogger } from '../../../src/common/index.ts'
import type { Backend, Enricher, Plugin } from '../../../src/flowd/components.ts'
import type { FlowEvent } from '../../../src/flowd/event.ts'
import type { Flow, FlowChange } from '../../../src/flowd/flow.ts'
import { Pipeline, type PipelineSetup } from '../../../src/flowd/pipeline/index.ts'
import type { SampleReport } from '../../../src/flowd/sample.ts'

/** A backend that writes down what it is told. */
export class Recorder implements Backend {
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

/** A plugin that tells events when it starts. */
export class Script implements Plugin {
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
export class Reader implements Enricher {
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

/** A pipeline over a table of its own, with the accounts of its stages. */
export function pipelineOf(change: Partial<PipelineSetup> = {}) {
  const metrics = new Metrics({ prefix: 'tidemark_flowd' })
  const table = { maxFlows: 100_000, silenceLimit: 86_400, endGrace: 0.05, socketCheck: true }
  const setup = { table, application: 'a', probe: () => 'unknown' as const, metrics, log: silentLogger, drainMs: 2000 }
  return { pipeline: new Pipeline({ ...setup, ...change }), stages: metrics.stages, metrics }
}
