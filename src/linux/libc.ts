import { getSystemErrorMessage, getSystemErrorName } from 'node:util'
import koffi from 'koffi'
import { TidemarkError } from '../common/index.ts'

/**
 * Every C library function that Tidemark calls, with the one place where its signature stands. Buffers are passed by
 * address, so the kernel reads and writes them in place. All return -1 on failure, with the reason in `errno`.
 */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number
  bind(fd: number, address: Uint8Array, length: number): number
  connect(fd: number, address: Uint8Array, length: number): number
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number
  recv(fd: number, into: Uint8Array, length: number, flags: number): number
  /** Receives up to `count` datagrams; `headers` is an array of `struct mmsghdr`, `timeout` is not used. */
  recvmmsg(fd: number, headers: Uint8Array, count: number, flags: number, timeout: null): number
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number
  unshare(flags: number): number
  setns(fd: number, kind: number): number
  close(fd: number): number
  /** With a command whose argument is a structure. */
  fcntl(fd: number, command: number, argument: Uint8Array): number
  getpagesize(): number
  /** The address, or all ones (`MAP_FAILED`). */
  mmap(hint: null, bytes: number, protection: number, flags: number, fd: number, offset: number): bigint
  munmap(address: bigint, bytes: number): number
  /** Fills a `struct timespec` with the step of a clock. */
  clock_getres(clock: number, step: Uint8Array): number
  /** Fills a `struct timex`; returns the state of the clock. */
  adjtimex(timex: Uint8Array): number
  /** 1 when the text is an address of the family. */
  inet_pton(family: number, text: string, into: Uint8Array): number
}

const SIGNATURES: Readonly<Record<keyof Libc, string>> = {
  socket: 'int socket(int domain, int type, int protocol)',
  bind: 'int bind(int fd, const void *address, uint32_t length)',
  connect: 'int connect(int fd, const void *address, uint32_t length)',
  send: 'intptr_t send(int fd, const void *bytes, size_t length, int flags)',
  recv: 'intptr_t recv(int fd, void *into, size_t length, int flags)',
  recvmmsg: 'int recvmmsg(int fd, void *headers, uint32_t count, int flags, void *timeout)',
  setsockopt: 'int setsockopt(int fd, int level, int option, const void *value, uint32_t length)',
  getsockopt: 'int getsockopt(int fd, int level, int option, void *value, void *length)',
  unshare: 'int unshare(int flags)',
  setns: 'int setns(int fd, int kind)',
  close: 'int close(int fd)',
  fcntl: 'int fcntl(int fd, int command, void *argument)',
  getpagesize: 'int getpagesize(void)',
  mmap: 'uintptr_t mmap(void *hint, size_t bytes, int protection, int flags, int fd, int64_t offset)',
  munmap: 'int munmap(uintptr_t address, size_t bytes)',
  clock_getres: 'int clock_getres(int clock, void *step)',
  adjtimex: 'int adjtimex(void *timex)',
  inet_pton: 'int inet_pton(int family, const char *text, void *into)',
}

/** errno values that callers tell apart (asm-generic/errno.h; the same on x64 and arm64). */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  E2BIG: 7,
  EAGAIN: 11,
  EACCES: 13,
  EEXIST: 17,
  EINVAL: 22,
  EOPNOTSUPP: 95,
  ENOBUFS: 105,
} as const

let loaded: Libc | undefined

/**
 * The C library, opened at the first call, so that importing this room costs nothing and works anywhere.
 *
 * @throws TidemarkError PLATFORM_UNSUPPORTED when this is not Linux
 */
export function libc(): Libc {
  if (loaded === undefined) {
    if (process.platform !== 'linux') throw new TidemarkError('PLATFORM_UNSUPPORTED', { platform: process.platform })
    const library = koffi.load(null)
    const functions = Object.entries(SIGNATURES).map(([name, signature]) => [name, library.func(signature)])
    loaded = Object.fromEntries(functions) as Libc
  }
  return loaded
}

/** The reason of the latest failed call; to be read before any other call. */
export function lastErrno(): number {
  return koffi.errno()
}

/**
 * Where a buffer's bytes lie, for structures that hold pointers. They stay there as long as the buffer is held by
 * somebody; it must be one of its own (`Buffer.allocUnsafeSlow`), not a piece of Node's pool.
 */
export function addressOf(bytes: Uint8Array): bigint {
  return BigInt(koffi.address(bytes))
}

/** What libbpf answers beside the kernel's numbers when it opens an object (bpf/libbpf.h, enum libbpf_errno). */
const LIBBPF_WORDS: Readonly<Record<number, string>> = {
  4000: 'libelf cannot read it',
  4001: 'it is no BPF object in ELF',
  4003: 'it is built for the other byte order',
  4005: 'its relocations do not fit',
}

/** An errno in words, as in `EPERM: operation not permitted`. */
export function describeErrno(errno: number): string {
  if (errno >= 4000) return LIBBPF_WORDS[errno] ?? `libbpf error ${errno}`
  return `${getSystemErrorName(-errno)}: ${getSystemErrorMessage(-errno)}`
}

/**
 * Passes a call's result on, or throws what the kernel said.
 *
 * @param call names the call and its object, as in `bind of the capture socket`
 * @throws TidemarkError PERMISSION_DENIED, SYSTEM_CALL_FAILED
 */
export function checked(call: string, result: number): number {
  if (result >= 0) return result
  const errno = lastErrno()
  const denied = errno === ERRNO.EPERM || errno === ERRNO.EACCES
  throw new TidemarkError(denied ? 'PERMISSION_DENIED' : 'SYSTEM_CALL_FAILED', { call, reason: describeErrno(errno) })
}
