import { checked, libc } from './libc.ts'

/** Bytes of `struct timex` on 64-bit machines, and where in it stands what is read (linux/timex.h). */
const TIMEX_BYTES = 208
const MAX_ERROR_OFFSET = 24
const STATUS_OFFSET = 40
const STA_UNSYNC = 0x40

/** linux/time.h: a clock that steps with the kernel's tick. */
const CLOCK_MONOTONIC_COARSE = 6

/** What the kernel thinks of its clock. */
export interface ClockState {
  /** Whether something (NTP, PTP) keeps it right. */
  synchronised: boolean
  /** How far it may be off, in microseconds; grows while nothing keeps it right. */
  maxErrorUs: number
}

/**
 * Reads the state of the system clock (adjtimex(2)); changes nothing and needs no privilege.
 *
 * @throws TidemarkError SYSTEM_CALL_FAILED, PLATFORM_UNSUPPORTED
 */
export function readClock(): ClockState {
  // With mode 0, which zeros mean, it only reads.
  const timex = Buffer.alloc(TIMEX_BYTES)
  checked('reading of the clock', libc().adjtimex(timex))
  return {
    synchronised: (timex.readInt32LE(STATUS_OFFSET) & STA_UNSYNC) === 0,
    maxErrorUs: Number(timex.readBigInt64LE(MAX_ERROR_OFFSET)),
  }
}

/**
 * How many ticks (jiffies) the kernel counts a second: CONFIG_HZ, which it tells nowhere else without its
 * configuration.
 *
 * @throws TidemarkError SYSTEM_CALL_FAILED, PLATFORM_UNSUPPORTED
 */
export function ticksPerSecond(): number {
  const step = Buffer.alloc(16)
  checked('reading of the step of a clock', libc().clock_getres(CLOCK_MONOTONIC_COARSE, step))
  return Math.round(1e9 / Number(step.readBigInt64LE(8)))
}
