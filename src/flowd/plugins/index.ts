import type { Plugin } from '../components.ts'
import type { UnitDefinition } from '../unit.ts'

/** Every plugin by its name in the configuration, in the order of starting. */
export const PLUGINS = {} as const satisfies Readonly<Record<string, UnitDefinition<Plugin>>>
