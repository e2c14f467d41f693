import type { Backend } from '../../components.ts'
import type { UnitDefinition } from '../../unit.ts'
import { PROMETHEUS_OPTIONS } from './options.ts'
import { PrometheusBackend } from './prometheus-backend.ts'

/** The backend `prometheus`. */
export const prometheus: UnitDefinition<Backend, typeof PROMETHEUS_OPTIONS> = {
  options: PROMETHEUS_OPTIONS,
  create: (options, context) => new PrometheusBackend(options, context),
}
