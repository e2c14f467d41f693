import type { Backend } from '../../components.ts'
import type { UnitDefinition } from '../../unit.ts'
import { FireflyBackend } from './firefly-backend.ts'
import { FIREFLY_OPTIONS } from './options.ts'

/** The backend `firefly`. */
export const firefly: UnitDefinition<Backend, typeof FIREFLY_OPTIONS> = {
  options: FIREFLY_OPTIONS,
  ignoredKeys: {
    enrich: 'is not supported yet: fireflies tell of the start and the end of a flow, not of what is between',
    enrichmentMode: 'is not supported yet: fireflies carry no TCP statistics',
  },
  create: (options, context) => new FireflyBackend(options, context),
}
