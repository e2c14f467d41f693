import type { Backend } from '../components.ts'
import type { UnitDefinition } from '../unit.ts'
import { firefly } from './firefly/index.ts'
import { marker } from './marker/index.ts'
import { prometheus } from './prometheus/index.ts'

export { ENRICHMENT_MODES } from './firefly/index.ts'
export { chooseInterfaces, cleanMarker, interfaceAbsent, isFlowdGoFilter, isOurFilter } from './marker/index.ts'

/** Every backend by its name in the configuration, in the order of starting. */
export const BACKENDS = { marker, firefly, prometheus } as const satisfies Readonly<
  Record<string, UnitDefinition<Backend>>
>
