import { type Logger, messageOf } from '../../common/index.ts'
import type { Backend, Enricher, Plugin } from '../components.ts'
import type { HealthView } from '../health.ts'
import type { Pipeline } from '../pipeline/index.ts'
import type { PluginDefinition, UnitContext } from '../unit.ts'
import type { UnitKind, UnitRegistries } from '../unit-registries.ts'
import type { ChosenSections } from './chosen-sections.ts'
import { UnitSet } from './unit-set.ts'

export interface RunningUnitsSetup {
  /** The units that there are. */
  units: UnitRegistries
  pipeline: Pipeline
  /** Makes what a unit is handed; the kind is `plugin`, `backend` or `enricher`. */
  context: (kind: string, name: string) => UnitContext
  log: Logger
}

/** Who consumes comes first: a plugin may emit at once. */
const ORDER = ['backends', 'enrichers', 'plugins'] as const satisfies readonly UnitKind[]

/** The units that run in the pipeline, of every kind, and how they change when the configuration does. */
export class RunningUnits {
  readonly #pipeline: Pipeline
  readonly #log: Logger
  readonly #sets: { backends: UnitSet<Backend>; enrichers: UnitSet<Enricher>; plugins: UnitSet<Plugin> }
  /** Plugins of whose flows nobody else tells. */
  readonly #owners: readonly string[]

  constructor({ units, pipeline, context, log }: RunningUnitsSetup) {
    this.#pipeline = pipeline
    this.#log = log
    const { backends, enrichers } = units
    const plugins: Readonly<Record<string, PluginDefinition>> = units.plugins
    const contextOf = (kind: string) => (name: string) => context(kind, name)
    this.#sets = {
      backends: new UnitSet<Backend>('backend', backends, contextOf('backend'), log, {
        attach: (name, backend) => pipeline.addBackend(name, backend),
        detach: name => pipeline.removeBackend(name),
      }),
      enrichers: new UnitSet<Enricher>('enricher', enrichers, contextOf('enricher'), log, {
        attach: (name, enricher) => pipeline.addEnricher(name, enricher),
        detach: name => pipeline.removeEnricher(name),
      }),
      plugins: new UnitSet<Plugin>('plugin', units.plugins, contextOf('plugin'), log, {
        attach: (name, plugin) => pipeline.addPlugin(name, plugin),
        detach: name => pipeline.removePlugin(name),
      }),
    }
    this.#owners = Object.keys(plugins).filter(name => plugins[name]?.ownsFlows === true)
  }

  /** The names of those that run. */
  get names(): Record<UnitKind, string[]> {
    const { plugins, backends, enrichers } = this.#sets
    return { plugins: plugins.names, backends: backends.names, enrichers: enrichers.names }
  }

  /** What keeps a unit from its work now. */
  get problems(): HealthView['problems'] {
    return this.#sets.backends.units.flatMap(([name, { problems = [] }]) =>
      problems.map(problem => ({ unit: `backend ${name}`, problem })),
    )
  }

  /** Starts the units and the pipeline: backends and enrichers learn of the flows that the journal brings back. */
  async start({ backends, enrichers, plugins }: ChosenSections): Promise<void> {
    await this.#sets.backends.apply(backends)
    await this.#sets.enrichers.apply(enrichers)
    await this.#pipeline.start()
    await this.#sets.plugins.apply(plugins)
    await this.#endFlowsOfNobody()
  }

  /**
   * Makes the units those of `after`; when one fails to start, those of `before` are brought back.
   *
   * @returns what changed, one phrase each
   */
  async change(before: ChosenSections, after: ChosenSections): Promise<string[]> {
    const changes: string[] = []
    for (const [index, kind] of ORDER.entries()) {
      try {
        changes.push(...(await this.#sets[kind].apply(after[kind])))
      } catch (failure) {
        for (const changed of ORDER.slice(0, index).reverse()) await this.#bringBack(changed, before)
        throw failure
      }
    }
    await this.#endFlowsOfNobody()
    return changes
  }

  /** What cannot be brought back is told, and keeps nobody from hearing why the change failed. */
  async #bringBack(kind: UnitKind, before: ChosenSections): Promise<void> {
    try {
      await this.#sets[kind].apply(before[kind])
    } catch (error) {
      this.#log.error({ kind, reason: messageOf(error) }, 'units cannot be brought back')
    }
  }

  /** Flows that only a plugin tells of which is off now: the journal and a reload leave some. */
  async #endFlowsOfNobody(): Promise<void> {
    const running = this.#sets.plugins.names
    await this.#pipeline.endFlowsOf(this.#owners.filter(name => !running.includes(name)))
  }
}
