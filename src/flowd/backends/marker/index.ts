import type { Backend } from '../../components.ts'
import type { UnitDefinition } from '../../unit.ts'
import { Marker } from './marker.ts'
import { MARKER_OPTIONS } from './options.ts'

export { cleanMarker } from './clean.ts'

/** The backend `marker` as the configuration knows it. */
export const marker: UnitDefinition<Backend, typeof MARKER_OPTIONS> = {
  options: MARKER_OPTIONS,
  create: (options, context) => new Marker(options, context),
}
