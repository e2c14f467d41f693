const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * A duration for the eye, its two largest units: `999 µs`, `1.50 ms`, `26.7 s`, `4m05s`, `1h02m`, `12d07h`; empty for
 * none.
 *
 * @param us microseconds
 */
export function formatDuration(us: number | undefined): string {
  if (us === undefined) return ''
  // A clock of a source may be ahead of what it told a moment ago.
  if (us < 999.5) return `${Math.max(0, Math.round(us))} µs`
  if (us < 999_500) return `${threeDigits(us / 1e3)} ms`
  if (us < 59.95e6) return `${(us / 1e6).toFixed(1)} s`
  const seconds = Math.round(us / 1e6)
  if (seconds < HOUR) return pair(seconds, MINUTE, 'm', 1, 's')
  if (seconds < DAY) return pair(seconds, HOUR, 'h', MINUTE, 'm')
  return pair(seconds, DAY, 'd', HOUR, 'h')
}

function threeDigits(value: number): string {
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2)
}

function pair(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = String(Math.floor((seconds % large) / small)).padStart(2, '0')
  return `${Math.floor(seconds / large)}${largeUnit}${rest}${smallUnit}`
}
