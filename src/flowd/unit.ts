import type Type from 'typebox'
import type { Logger, Metrics } from '../common/index.ts'
import { CAPABILITIES } from '../linux/index.ts'
import type { Registry } from '../scitags/index.ts'
import type { Enricher, Plugin } from './components.ts'
import type { Flow } from './flow.ts'
import type { FollowDeaths } from './flow-table/index.ts'
import type { HealthView } from './health.ts'

/** The live flows, to look at. */
export interface FlowsView {
  readonly size: number
  /** The flow of a key (see `flowKey`), if it lives. */
  get(key: string): Flow | undefined
  /** Oldest first. */
  flows(): Iterable<Flow>
}

/** The names and ids in force now; they may be renewed while the daemon runs. */
export interface RegistrySource {
  readonly current: Registry
}

/** What every unit (plugin, backend, enricher) is handed beside its options. */
export interface UnitContext {
  /** Adds the unit's name to each line. */
  log: Logger
  metrics: Metrics
  registry: RegistrySource
  flows: FlowsView
  /** Tells of every socket of the host that dies. */
  followDeaths: FollowDeaths
  /** How the daemon does, for units that answer probes. */
  health: () => HealthView
  /** What the program calls itself in messages: `tidemark-0.1.0`. */
  application: string
}

/** What a unit may ask of the host: `doctor` looks whether it is there. */
export const NEEDS = [...CAPABILITIES, 'btf', 'libbpf', 'cgroup'] as const

export type Need = (typeof NEEDS)[number]

/** What every unit needs that loads a program into the kernel. */
export const BPF_NEEDS: readonly Need[] = ['libbpf', 'btf', 'CAP_BPF', 'CAP_NET_ADMIN']

/**
 * How a unit stands in its registry. `plugins/index.ts` exports `PLUGINS`, `backends/index.ts` exports `BACKENDS`,
 * `enrichers/index.ts` exports `ENRICHERS`: objects whose keys are the names in the configuration file and whose values
 * are these, in the order of starting. The configuration's schema and its type are composed from them.
 *
 * @typeParam Shared what every unit of the kind is handed beside its own options
 */
export interface UnitDefinition<Unit, Options extends Type.TObject = Type.TObject, Shared = unknown> {
  /** The section's schema; every key has a default and a description. */
  options: Options
  /** Keys of flowd-go that have no effect here, each with the words that say so: `has no effect: …`. */
  ignoredKeys?: Readonly<Record<string, string>>
  /** What it needs of the host beyond what every process has. */
  needs?: readonly Need[]
  /** What these options need beside that. */
  needsFor?(options: Type.Static<Options>): readonly Need[]
  /** What no schema can say of the options: each complaint becomes an error at its key, relative to the section. */
  check?(options: Type.Static<Options>, known: KnownNames): readonly UnitComplaint[]
  /** Makes the unit; inert until it is started. */
  create(options: Type.Static<Options> & Shared, context: UnitContext): Unit
}

/** The registry, if the configuration alone says which one is in force; undefined when it is fetched later. */
export type KnownNames = Registry | undefined

/** What is wrong with a key of a unit's section, as `rules[0].activity`. */
export interface UnitComplaint {
  key: string
  message: string
}

export interface PluginDefinition<Options extends Type.TObject = Type.TObject> extends UnitDefinition<Plugin, Options> {
  /** Whether nobody else tells of its flows, so that they end when it is off; those of others live on. */
  ownsFlows?: boolean
}

/** What every enricher is handed beside its own options. */
export interface Sampling {
  /** How often each flow is to be looked at. */
  periodMs: number
}

export type EnricherDefinition<Options extends Type.TObject = Type.TObject> = UnitDefinition<
  Enricher,
  Options,
  Sampling
>
