import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where an installed package keeps a file of ours, or undefined when the executable runs alone. */
export function installedAsset(asset: string): string | undefined {
  const path = join(dirname(process.execPath), '../lib/tidemark', asset)
  return existsSync(path) ? path : undefined
}
