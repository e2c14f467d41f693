import type { Backend } from '../../components.ts'
import { BPF_NEEDS, type UnitDefinition } from '../../unit.ts'
import { Marker } from './marker.ts'
import { MARKER_OPTIONS } from './options.ts'

export { cleanMarker } from './clean.ts'
export { isFlowdGoFilter, isOurFilter } from './clsact-filter.ts'
export { chooseInterfaces, interfaceAbsent } from './interfaces/index.ts'

/** The backend `marker` as the configuration knows it. */
export const marker: UnitDefinition<Backend, typeof MARKER_OPTIONS> = {
  options: MARKER_OPTIONS,
  needs: BPF_NEEDS,
  create: (options, context) => new Marker(options, context),
}
