import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { getAssetKeys, getRawAsset } from 'node:sea'
import { messageOf, TidemarkError } from '../errors/index.ts'

/** The native addon is unpacked and loaded first, because loading it shows whether a folder allows execution. */
const ADDON = 'native/koffi.node'

let folder: string | undefined
let addon: unknown

/** The path of a file that the self-contained executable carries, unpacked on first use and removed at exit. */
export function unpackedAsset(asset: string): string {
  if (!getAssetKeys().includes(asset)) throw new TidemarkError('ASSET_MISSING', { asset })
  loadCarriedAddon()
  return join(folder ?? '', asset)
}

/**
 * Loads the native addon that the executable carries. Folders mounted noexec refuse it, so each candidate is tried
 * until one lets it load; that one then holds all other files. Its name is random and it is open to this user only.
 *
 * @throws TidemarkError NO_EXECUTABLE_FOLDER
 */
export function loadCarriedAddon(): unknown {
  if (folder !== undefined) return addon
  const refusals: string[] = []
  for (const parent of candidates()) {
    try {
      addon = unpackAndLoad(parent)
      return addon
    } catch (error) {
      refusals.push(`${parent}: ${messageOf(error)}`)
    }
  }
  throw new TidemarkError('NO_EXECUTABLE_FOLDER', { refusals: refusals.join('; ') })
}

/** Where files may be unpacked, best first. A service's runtime directory comes before what all users share. */
function candidates(): string[] {
  const { TIDEMARK_UNPACK_DIR, RUNTIME_DIRECTORY, XDG_RUNTIME_DIR } = process.env
  const given = [TIDEMARK_UNPACK_DIR, RUNTIME_DIRECTORY?.split(':')[0], XDG_RUNTIME_DIR]
  const shared = [tmpdir(), '/dev/shm', '/var/tmp', join(homedir(), '.cache'), dirname(process.execPath)]
  return [...given.filter(path => path !== undefined && path !== ''), ...shared] as string[]
}

function unpackAndLoad(parent: string): unknown {
  const target = mkdtempSync(join(parent, 'tidemark-'))
  try {
    unpackAll(target)
    const module = { exports: {} as unknown }
    process.dlopen(module, join(target, ADDON))
    folder = target
    process.once('exit', () => rmSync(target, { recursive: true, force: true }))
    return module.exports
  } catch (error) {
    rmSync(target, { recursive: true, force: true })
    throw error
  }
}

function unpackAll(target: string): void {
  for (const asset of getAssetKeys()) {
    const path = join(target, asset)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, new Uint8Array(getRawAsset(asset)), { mode: 0o500 })
  }
}
