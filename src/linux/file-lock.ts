import { checked, ERRNO, lastErrno, libc } from './libc.ts'

/** fcntl.h: a lock that belongs to an open file, not to a process; the kernel lets go of it when that is closed. */
const F_OFD_SETLK = 37
const F_WRLCK = 1

/** Bytes of `struct flock` on 64-bit machines, and where in it stands what is set; the rest is 0. */
const FLOCK_BYTES = 32
const TYPE_OFFSET = 0
const START_OFFSET = 8
const LENGTH_OFFSET = 16

/** Far from where others lock a file: programs that take turns by locks on the same file are not in the way. */
const LOCKED_BYTE = 0x74_69_64_65_6d_61n

/**
 * Takes an open file for this opener alone, among those who take it so. Works on a FIFO, across users, and leaves
 * nothing behind: it ends with the descriptor, however the process ends. Other kernels than Linux have no such lock:
 * there every opener has the file.
 *
 * @param fd open for writing
 * @returns false when another opening of the file has it
 * @throws TidemarkError SYSTEM_CALL_FAILED
 */
export function takeFile(fd: number): boolean {
  if (process.platform !== 'linux') return true
  const flock = Buffer.alloc(FLOCK_BYTES)
  flock.writeInt16LE(F_WRLCK, TYPE_OFFSET)
  flock.writeBigInt64LE(LOCKED_BYTE, START_OFFSET)
  flock.writeBigInt64LE(1n, LENGTH_OFFSET)
  const result = libc().fcntl(fd, F_OFD_SETLK, flock)
  if (result < 0 && [ERRNO.EAGAIN, ERRNO.EACCES].some(errno => errno === lastErrno())) return false
  checked('lock of an open file', result)
  return true
}
