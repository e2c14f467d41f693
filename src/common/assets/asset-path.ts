import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isSea } from 'node:sea'
import { fileURLToPath } from 'node:url'
import { TidemarkError } from '../errors/index.ts'
import { installedAsset } from './installed-asset.ts'
import { unpackedAsset } from './unpack.ts'

/**
 * The path of a file that ships with Tidemark, named from the package's root (for example `bpf/marker.bpf.o`).
 *
 * An installed package keeps its files in `../lib/tidemark` beside the executable's folder; the self-contained
 * executable unpacks what it carries; a checkout has them in the nearest folder above this code that has the asset.
 *
 * @throws TidemarkError ASSET_MISSING
 */
export function assetPath(asset: string): string {
  if (isSea()) return installedAsset(asset) ?? unpackedAsset(asset)
  return above(dirname(fileURLToPath(import.meta.url)), asset)
}

function above(folder: string, asset: string): string {
  const candidate = join(folder, asset)
  if (existsSync(candidate)) return candidate
  const parent = dirname(folder)
  if (parent === folder) throw new TidemarkError('ASSET_MISSING', { asset })
  return above(parent, asset)
}
