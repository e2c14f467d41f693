const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * A duration as the prototype's command prints it: `999 uS`, `1.50 mS`, `59.99 sec`, `59:59`, `1:00:00`, `1d 1:01`;
 * `-` for none.
 *
 * @param us microseconds
 */
export function formatDuration(us: number | undefined): string {
  if (us === undefined) return '-'
  if (us < 1e3) return `${us} uS`
  if (us < 1e6) return `${(us / 1e3).toFixed(2)} mS`
  if (us < 6e7) return `${(us / 1e6).toFixed(2)} sec`
  const seconds = Math.floor(us / 1e6)
  const two = (value: number) => String(value).padStart(2, '0')
  const minutes = Math.floor((seconds % HOUR) / MINUTE)
  if (seconds < HOUR) return `${minutes}:${two(seconds % MINUTE)}`
  const hours = Math.floor((seconds % DAY) / HOUR)
  if (seconds < DAY) return `${hours}:${two(minutes)}:${two(seconds % MINUTE)}`
  return `${Math.floor(seconds / DAY)}d ${hours}:${two(minutes)}`
}
