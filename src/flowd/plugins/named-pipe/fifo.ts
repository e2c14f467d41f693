import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, closeSync, constants, fstatSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { isTidemarkError, makeFolder, messageOf, TidemarkError } from '../../../common/index.ts'
import { takeFile } from '../../../linux/index.ts'
import { accountId } from '../../account.ts'
import type { NamedPipeOptions } from './options.ts'

/** An open FIFO. */
export interface Fifo {
  /** Open for reading and writing, so that no end of file comes when a writer leaves, and not blocking. */
  fd: number
  /** Whether it was made here, and is to be removed again. */
  made: boolean
  inode: number
}

/**
 * Opens the FIFO at a path, and makes it when nothing is there. A file of another kind is an error and is left alone,
 * and so is a FIFO that another flowd reads.
 *
 * @throws TidemarkError PIPE_NOT_FIFO, PIPE_IN_USE, PIPE_UNUSABLE, ACCOUNT_UNKNOWN
 */
export function openFifo(options: NamedPipeOptions): Fifo {
  const path = options.pipePath
  try {
    const there = statSync(path, { throwIfNoEntry: false })
    // Opening something else may have effects, or fail with a reason that misleads.
    if (there !== undefined && !there.isFIFO()) throw new TidemarkError('PIPE_NOT_FIFO', { path })
    const made = there === undefined
    if (made) makeFifo(options)
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    try {
      return { fd, made, inode: takeFifo(path, fd) }
    } catch (error) {
      closeSync(fd)
      throw error
    }
  } catch (error) {
    if (isTidemarkError(error)) throw error
    throw new TidemarkError('PIPE_UNUSABLE', { path, reason: messageOf(error) }, error)
  }
}

/** Makes sure that this is a FIFO which nobody else reads, and returns its inode. */
function takeFifo(path: string, fd: number): number {
  const found = fstatSync(fd)
  if (!found.isFIFO()) throw new TidemarkError('PIPE_NOT_FIFO', { path })
  if (!takeFile(fd)) throw new TidemarkError('PIPE_IN_USE', { path })
  return found.ino
}

/** Whether the path still leads to this FIFO. */
export function isInPlace(path: string, fifo: Fifo): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === fifo.inode
}

/** Removes a FIFO that was made here, if it is still the one at its path. */
export function removeFifo(path: string, fifo: Fifo): void {
  if (fifo.made && isInPlace(path, fifo)) rmSync(path)
}

/** What chown(2) takes for an owner or group that is to stay. */
const UNCHANGED = -1

/** Node has no call for it, but every system has the command. Nobody else may open it before its owner is set. */
function makeFifo({ pipePath, mode, owner, group }: NamedPipeOptions): void {
  const uid = owner === '' ? UNCHANGED : accountId('user', owner)
  const gid = group === '' ? UNCHANGED : accountId('group', group)
  makeFolder(dirname(pipePath))
  execFileSync('mkfifo', ['-m', '0600', '--', pipePath], { stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    if (uid !== UNCHANGED || gid !== UNCHANGED) chownSync(pipePath, uid, gid)
    chmodSync(pipePath, Number.parseInt(mode, 8))
  } catch (error) {
    rmSync(pipePath)
    throw error
  }
}
