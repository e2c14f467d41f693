import type { CollectorConfiguration } from '../configuration.ts'
import type { RouterEndpoint } from '../ingest/index.ts'

/** What the collector's checks go by. */
export interface CollectorSetting {
  readonly configuration: CollectorConfiguration
  readonly router: RouterEndpoint
}
