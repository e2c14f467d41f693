import type { EnricherDefinition } from '../unit.ts'
import { netlink } from './netlink/index.ts'
import { skops } from './skops/index.ts'

export { SAMPLING_OPTIONS } from './options.ts'

/** Every enricher by its name in the configuration, in the order of starting. */
export const ENRICHERS = { netlink, skops } as const satisfies Readonly<Record<string, EnricherDefinition>>
