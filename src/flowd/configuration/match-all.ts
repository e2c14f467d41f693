import type { LoadedConfiguration } from '../../common/index.ts'

/** The part of flowd's configuration that is looked at. */
interface Units {
  plugins?: object
  backends?: { marker?: { matchAll: boolean } }
}

const KEY = 'backends.marker.matchAll'

/**
 * Turns `matchAll` on where the plugin `perfsonar` and the backend `marker` are both on, with a warning, as flowd-go
 * does: the plugin declares one flow that stands for every packet, which would mark none otherwise.
 */
export function withMatchAll<Loaded extends LoadedConfiguration<Units>>(loaded: Loaded): Loaded {
  const { plugins = {}, backends = {} } = loaded.values
  const { marker } = backends
  if (!('perfsonar' in plugins) || marker === undefined || marker.matchAll) return loaded
  const message = "is taken as true, since the plugin 'perfsonar' declares every packet"
  return {
    ...loaded,
    values: { ...loaded.values, backends: { ...backends, marker: { ...marker, matchAll: true } } },
    origins: new Map(loaded.origins).set(KEY, { kind: 'implied', by: 'plugins.perfsonar' }),
    warnings: [...loaded.warnings, { file: loaded.file, at: undefined, key: KEY, message }],
  }
}
