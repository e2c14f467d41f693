import type { Plugin } from '../../components.ts'
import type { UnitDefinition } from '../../unit.ts'
import { Api } from './api.ts'
import { API_OPTIONS } from './options.ts'

/** The plugin `api`. */
export const api: UnitDefinition<Plugin, typeof API_OPTIONS> = {
  options: API_OPTIONS,
  create: (options, context) => new Api(options, context),
}
