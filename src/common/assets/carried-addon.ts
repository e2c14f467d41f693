import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadCarriedAddon } from './unpack.ts'

/**
 * koffi's native part for the self-contained executable: from the installed package when there is one, else unpacked.
 * Only `tools/dist.ts` binds this, in place of koffi's own lookup.
 */
export function carriedAddon(): unknown {
  const installed = join(dirname(process.execPath), '../lib/tidemark/native/koffi.node')
  if (!existsSync(installed)) return loadCarriedAddon()
  const module = { exports: {} as unknown }
  process.dlopen(module, installed)
  return module.exports
}
