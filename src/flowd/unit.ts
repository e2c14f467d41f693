import type Type from 'typebox'
import type { Logger, Metrics } from '../common/index.ts'

/** What every unit (plugin, backend, enricher) is handed beside its options. */
export interface UnitContext {
  /** Adds the unit's name to each line. */
  log: Logger
  metrics: Metrics
}

/**
 * How a unit stands in its registry. `plugins/index.ts` exports `PLUGINS`, `backends/index.ts` exports `BACKENDS`:
 * objects whose keys are the names in the configuration file and whose values are these, in the order of starting.
 * The configuration's schema and its type are composed from them.
 */
export interface UnitDefinition<Unit, Options extends Type.TObject = Type.TObject> {
  /** The section's schema; every key has a default and a description. */
  options: Options
  /** Makes the unit; inert until it is started. */
  create(options: Type.Static<Options>, context: UnitContext): Unit
}
