import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from './errors/index.ts'

/**
 * Makes a folder and those above it, where they are not there. Node's own `recursive` tries for ever, deaf to signals,
 * where the kernel answers ENOENT below a folder that is there, as in /proc.
 *
 * @throws the system's error, as ENOENT, EACCES or ENOTDIR
 */
export function makeFolder(path: string, mode = 0o777): void {
  if (made(path, mode)) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent, mode)
  mkdirSync(path, { mode })
}

/** Whether the path is there afterwards; false when a folder above it is missing. */
function made(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode })
    return true
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return false
    if (code === 'EEXIST') return true
    throw error
  }
}
