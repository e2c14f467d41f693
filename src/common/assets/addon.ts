/** koffi's native part, where a package and the self-contained executable keep it. */
export const ADDON = 'native/koffi.node'

/**
 * Loads a native addon.
 *
 * @throws Error what the loader says, such as of a folder that is mounted noexec
 */
export function loadAddon(path: string): unknown {
  const module = { exports: {} as unknown }
  process.dlopen(module, path)
  return module.exports
}
