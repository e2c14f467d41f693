import type { Backend } from '../components.ts'
import type { UnitDefinition } from '../unit.ts'

/** Every backend by its name in the configuration, in the order of starting. */
export const BACKENDS = {} as const satisfies Readonly<Record<string, UnitDefinition<Backend>>>
