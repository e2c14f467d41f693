import { ADDON, loadAddon } from './addon.ts'
import { installedAsset } from './installed-asset.ts'
import { loadCarriedAddon } from './unpack.ts'

/**
 * koffi's native part for the self-contained executable: from the installed package when there is one, else unpacked.
 * Only `tools/dist.ts` binds this, in place of koffi's own lookup.
 */
export function carriedAddon(): unknown {
  const installed = installedAsset(ADDON)
  return installed === undefined ? loadCarriedAddon() : loadAddon(installed)
}
