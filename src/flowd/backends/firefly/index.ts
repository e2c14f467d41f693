import type { Backend } from '../../components.ts'
import type { UnitDefinition } from '../../unit.ts'
import { FireflyBackend } from './firefly-backend.ts'
import { FIREFLY_OPTIONS } from './options.ts'

export { ENRICHMENT_MODES } from './enrichment/index.ts'

/** The backend `firefly`. */
export const firefly: UnitDefinition<Backend, typeof FIREFLY_OPTIONS> = {
  options: FIREFLY_OPTIONS,
  create: (options, context) => new FireflyBackend(options, context),
}
