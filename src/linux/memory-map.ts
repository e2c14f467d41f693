import koffi from 'koffi'
import { TidemarkError } from '../common/index.ts'
import { describeErrno, lastErrno, libc } from './libc.ts'

const PROT_READ = 1
const PROT_WRITE = 2
const MAP_SHARED = 1
const MAP_FAILED = 2n ** 64n - 1n

export interface MemoryMapOptions {
  fd: number
  /** Where it begins in the file; whole pages. */
  offset: number
  bytes: number
  writable: boolean
}

/** Memory that this process shares with the kernel. `bytes` must not be touched after `close`. */
export interface MemoryMap {
  readonly bytes: ArrayBuffer
  /** Idempotent. */
  close(): void
}

/**
 * Maps a piece of a file descriptor's memory (mmap(2)).
 *
 * @param what names it in the error, as in `the ring buffer tidemark_records`
 * @throws TidemarkError SYSTEM_CALL_FAILED
 */
export function mapMemory(what: string, { fd, offset, bytes, writable }: MemoryMapOptions): MemoryMap {
  const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ
  const address = BigInt(libc().mmap(null, bytes, protection, MAP_SHARED, fd, offset))
  if (address === MAP_FAILED) {
    throw new TidemarkError('SYSTEM_CALL_FAILED', { call: `mapping of ${what}`, reason: describeErrno(lastErrno()) })
  }
  let open = true
  return {
    bytes: koffi.view(address, bytes),
    close: () => {
      if (open) libc().munmap(address, bytes)
      open = false
    },
  }
}
