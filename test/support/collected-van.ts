import type { RetentionLimits } from '../../src/collector/graph/index.ts'
import { SimulatedVan, type VanOptions } from '../../src/simulate/index.ts'
import { type AttributeValue, attributeOf, RECORD_TYPES } from '../../src/vanflow/index.ts'
import { acceleratedClock } from './accelerated-clock.ts'
import { CollectorUnderTest, PATIENCE_MS } from './collector-under-test.ts'

/** Attributes that are judged apart from the others: the view tells of ends by itself. */
const UNCOMPARED = new Set(['startTime', 'endTime'])

/**
 * A simulated network and a collector of it, both at the same speed; what the one is and the other shows is compared.
 */
export class CollectedVan {
  readonly van: SimulatedVan
  readonly speed: number
  #collector: CollectorUnderTest | undefined

  readonly #retention: Partial<RetentionLimits>

  constructor(options: Partial<VanOptions> & { speed: number }, retention: Partial<RetentionLimits> = {}) {
    this.speed = options.speed
    this.#retention = retention
    this.van = new SimulatedVan({ listen: { port: 0 }, ...options })
  }

  get collector(): CollectorUnderTest {
    if (this.#collector === undefined) throw new Error('the collector is not started')
    return this.#collector
  }

  async start(): Promise<void> {
    await this.van.start()
    this.#collector = new CollectorUnderTest(this.van.port, acceleratedClock(this.speed), this.#retention)
    await this.#collector.start()
  }

  async stop(): Promise<void> {
    await this.#collector?.stop()
    await this.van.stop()
  }

  /** Everything in which the view differs from what is so, in words; empty when they agree. */
  differences(): string[] {
    const { records } = this.van.truth()
    const { view } = this.collector.graph
    const found: string[] = []
    for (const [identity, { type, attributes }] of records) {
      const shown = view.get(identity)
      if (shown === undefined || shown.endTimeUs !== undefined) found.push(`${identity} is missing`)
      else if (shown.recordType !== RECORD_TYPES[type]) found.push(`${identity} is a ${shown.recordType}`)
      else found.push(...differingAttributes(identity, type, attributes, name => shown.get(name)))
    }
    for (const type of RECORD_TYPES) {
      for (const { identity, endTimeUs, sourceId } of view.byType(type)) {
        // What the view inferred by itself is nobody's to be true about.
        if (sourceId === undefined) continue
        if (endTimeUs === undefined && !records.has(identity)) found.push(`${identity}, a ${type}, is a ghost`)
      }
    }
    return found
  }

  /**
   * Waits until the view agrees with what is so, and returns how long that took, in simulated milliseconds.
   *
   * @param withinMs simulated; when absent, as long as a busy machine may take
   * @throws Error with the differences, when it takes longer than allowed
   */
  async agree(withinMs = PATIENCE_MS * this.speed): Promise<number> {
    const began = performance.now()
    for (;;) {
      const looked = performance.now()
      const differences = this.differences()
      const lookMs = performance.now() - looked
      const tookMs = (looked - began) * this.speed
      if (differences.length === 0 && this.collector.ingest.status.idle) return tookMs
      if (tookMs > withinMs) {
        const some = differences.slice(0, 10).join('\n')
        throw new Error(`after ${Math.round(tookMs)} ms ${differences.length} differences:\n${some}`)
      }
      // To look at a large network takes its time, which both ends need themselves.
      await this.collector.pass(Math.max(100, 10 * lookMs * this.speed))
    }
  }
}

function differingAttributes(
  identity: string,
  type: number,
  attributes: ReadonlyMap<number, AttributeValue>,
  shown: (name: string) => AttributeValue | undefined,
): string[] {
  return [...attributes].flatMap(([code, value]) => {
    const name = attributeOf(type, code)?.name ?? String(code)
    const is = shown(name)
    return is === value || UNCOMPARED.has(name) ? [] : [`${identity}: ${name} is ${is}, not ${value}`]
  })
}
