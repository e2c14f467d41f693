import { isDeepStrictEqual } from 'node:util'
import type Type from 'typebox'
import { isTidemarkError, type Logger, messageOf, TidemarkError } from '../../common/index.ts'
import type { UnitContext, UnitDefinition } from '../unit.ts'

/** The options of the units that are on, by their names; as the configuration has them. */
export type UnitSections = Readonly<Record<string, object | undefined>>

/** How a unit enters and leaves the running daemon. */
export interface UnitHost<Unit> {
  /** Starts the unit and lets it take part. */
  attach(name: string, unit: Unit): Promise<void>
  /** Ends its part and stops it. */
  detach(name: string, unit: Unit): Promise<void>
}

interface RunningUnit<Unit> {
  options: object
  unit: Unit
}

interface Step<Unit> {
  name: string
  before: RunningUnit<Unit> | undefined
  after: RunningUnit<Unit> | undefined
}

/** The units of one kind that run, and how they change when the configuration does. */
export class UnitSet<Unit> {
  readonly #kind: string
  readonly #registry: Readonly<Record<string, UnitDefinition<Unit>>>
  readonly #context: (name: string) => UnitContext
  readonly #host: UnitHost<Unit>
  readonly #log: Logger
  readonly #running = new Map<string, RunningUnit<Unit>>()

  /**
   * @param kind `plugin` or `backend`, for messages
   * @param context makes what a unit is handed
   */
  constructor(
    kind: string,
    registry: Readonly<Record<string, UnitDefinition<Unit>>>,
    context: (name: string) => UnitContext,
    log: Logger,
    host: UnitHost<Unit>,
  ) {
    this.#kind = kind
    this.#registry = registry
    this.#context = context
    this.#host = host
    this.#log = log
  }

  /** The names of the running units. */
  get names(): string[] {
    return [...this.#running.keys()]
  }

  /** The running units with their names. */
  get units(): [string, Unit][] {
    return Array.from(this.#running, ([name, { unit }]) => [name, unit])
  }

  /**
   * Makes the running units those of the configuration. Units whose options did not change are left alone. New units
   * are made before any is touched; when one fails to start, what ran before is brought back and the failure thrown on.
   *
   * @returns what changed, one phrase each
   */
  async apply(sections: UnitSections): Promise<string[]> {
    const steps = this.#plan(sections)
    const detached: Step<Unit>[] = []
    const attached: Step<Unit>[] = []
    try {
      // All that leaves goes first, so that a port or a hook is free for the one that takes it over.
      for (const step of [...steps].reverse()) {
        if (step.before === undefined) continue
        detached.push(step)
        await this.#detach(step.name, step.before)
      }
      for (const step of steps) {
        if (step.after === undefined) continue
        await this.#attach(step.name, step.after)
        attached.push(step)
      }
    } catch (failure) {
      await this.#undo(attached.reverse(), detached.reverse())
      throw failure
    }
    return steps.map(step => this.#describe(step))
  }

  #plan(sections: UnitSections): Step<Unit>[] {
    const steps: Step<Unit>[] = []
    for (const name of Object.keys(this.#registry)) {
      const options = sections[name]
      const before = this.#running.get(name)
      if (isDeepStrictEqual(options, before?.options)) continue
      const after = options === undefined ? undefined : { options, unit: this.#create(name, options) }
      steps.push({ name, before, after })
    }
    return steps
  }

  #create(name: string, options: object): Unit {
    const definition = this.#registry[name]
    if (definition === undefined) throw new TypeError(`no ${this.#kind} is named ${name}`)
    // The loader filled the options in by this very definition's schema.
    return definition.create(options as Type.Static<typeof definition.options>, this.#context(name))
  }

  async #attach(name: string, running: RunningUnit<Unit>): Promise<void> {
    try {
      await this.#host.attach(name, running.unit)
    } catch (failure) {
      // What a module of others throws tells neither whose it is nor what to do.
      if (isTidemarkError(failure)) throw failure
      throw new TidemarkError('UNIT_FAILED', { kind: this.#kind, name, reason: messageOf(failure) }, failure)
    }
    this.#running.set(name, running)
  }

  async #detach(name: string, running: RunningUnit<Unit>): Promise<void> {
    this.#running.delete(name)
    await this.#host.detach(name, running.unit)
  }

  async #undo(attached: readonly Step<Unit>[], detached: readonly Step<Unit>[]): Promise<void> {
    const attempt = async (name: string, work: () => Promise<void>) => {
      try {
        await work()
      } catch (error) {
        this.#log.error({ [this.#kind]: name, error: messageOf(error) }, 'cannot be brought back')
      }
    }
    for (const { name, after } of attached)
      if (after !== undefined) await attempt(name, () => this.#detach(name, after))
    for (const { name, before } of detached) {
      if (before === undefined) continue
      const { options } = before
      await attempt(name, () => this.#attach(name, { options, unit: this.#create(name, options) }))
    }
  }

  #describe({ name, before, after }: Step<Unit>): string {
    const what = before === undefined ? 'started' : after === undefined ? 'stopped' : 'restarted'
    return `${this.#kind} ${name} ${what}`
  }
}
