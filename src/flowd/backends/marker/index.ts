import type { Backend } from '../../components.ts'
import { BPF_NEEDS, type UnitDefinition } from '../../unit.ts'
import { Marker } from './marker.ts'
import { MARKER_OPTIONS } from './options.ts'

export { cleanMarker } from './clean.ts'
export { isOurFilter } from './clsact-filter.ts'

/** The backend `marker` as the configuration knows it. */
export const marker: UnitDefinition<Backend, typeof MARKER_OPTIONS> = {
  options: MARKER_OPTIONS,
  needs: BPF_NEEDS,
  ignoredKeys: {
    discoverInterfaces: 'is not supported yet: packets are marked on targetInterfaces',
    programPath: 'is not supported yet: the program that belongs to this version is used',
  },
  create: (options, context) => new Marker(options, context),
}
