import { BACKENDS } from './backends/index.ts'
import { ENRICHERS } from './enrichers/index.ts'
import { PLUGINS } from './plugins/index.ts'
import type { UnitDefinition } from './unit.ts'

/** The units of this program. */
export const BUILT_IN_UNITS = { plugins: PLUGINS, backends: BACKENDS, enrichers: ENRICHERS } as const

/** Every unit that a configuration may name, by kind and name: those of this program at least. */
export type UnitRegistries = typeof BUILT_IN_UNITS

export type UnitKind = keyof UnitRegistries

export const UNIT_KINDS: readonly UnitKind[] = ['plugins', 'backends', 'enrichers']

/** Every unit by its key path in the configuration, `plugins.api`. */
export function unitsByKey(registries: UnitRegistries): ReadonlyMap<string, UnitDefinition<unknown>> {
  return new Map(
    UNIT_KINDS.flatMap(kind =>
      Object.entries<UnitDefinition<unknown>>(registries[kind]).map(([name, unit]) => [`${kind}.${name}`, unit]),
    ),
  )
}
