import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { getAssetKeys, getRawAsset } from 'node:sea'
import { messageOf, TidemarkError } from '../errors/index.ts'
import { ADDON, loadAddon } from './addon.ts'

/** What the executable carries, unpacked. */
interface Unpacked {
  folder: string
  addon: unknown
}

let unpacked: Unpacked | undefined

/**
 * The path of a file that the self-contained executable carries, unpacked on first use and removed at exit.
 *
 * @throws TidemarkError ASSET_MISSING, NO_EXECUTABLE_FOLDER
 */
export function unpackedAsset(asset: string): string {
  if (!getAssetKeys().includes(asset)) throw new TidemarkError('ASSET_MISSING', { asset })
  unpacked ??= unpack()
  return join(unpacked.folder, asset)
}

/**
 * The native addon that the executable carries, loaded.
 *
 * @throws TidemarkError NO_EXECUTABLE_FOLDER
 */
export function loadCarriedAddon(): unknown {
  unpacked ??= unpack()
  return unpacked.addon
}

/**
 * Loading the addon shows whether a folder allows execution: those mounted noexec refuse it, so each candidate is tried
 * until one lets it load; that one then holds all other files. Its name is random and it is open to this user only.
 */
function unpack(): Unpacked {
  const refusals: string[] = []
  for (const parent of candidates()) {
    try {
      return unpackAndLoad(parent)
    } catch (error) {
      refusals.push(`${parent}: ${messageOf(error)}`)
    }
  }
  throw new TidemarkError('NO_EXECUTABLE_FOLDER', { refusals: refusals.join('; ') })
}

/** Where files may be unpacked, best first. A service's runtime directory comes before what all users share. */
function candidates(): string[] {
  const { TIDEMARK_UNPACK_DIR, RUNTIME_DIRECTORY, XDG_RUNTIME_DIR } = process.env
  const given = [TIDEMARK_UNPACK_DIR, RUNTIME_DIRECTORY?.split(':')[0], XDG_RUNTIME_DIR].map(path => path ?? '')
  const shared = [tmpdir(), '/dev/shm', '/var/tmp', join(homedir(), '.cache'), dirname(process.execPath)]
  return [...given.filter(path => path !== ''), ...shared]
}

function unpackAndLoad(parent: string): Unpacked {
  const target = mkdtempSync(join(parent, 'tidemark-'))
  try {
    unpackAll(target)
    const addon = loadAddon(join(target, ADDON))
    process.once('exit', () => rmSync(target, { recursive: true, force: true }))
    return { folder: target, addon }
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
