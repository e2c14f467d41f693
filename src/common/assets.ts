import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TidemarkError } from './errors/index.ts'

/**
 * The path of a file that ships with Tidemark, named from the package's root (for example `bpf/marker.bpf.o`).
 * Works from the sources and from the bundle: both lie below the root, which is the nearest folder that has the asset.
 *
 * @throws TidemarkError ASSET_MISSING
 */
export function assetPath(asset: string): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const candidate = join(folder, asset)
    if (existsSync(candidate)) return candidate
    const parent = dirname(folder)
    if (parent === folder) throw new TidemarkError('ASSET_MISSING', { asset })
    folder = parent
  }
}
