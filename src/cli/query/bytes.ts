const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/**
 * An amount of bytes for the eye, three digits of it: `700 B`, `26.2 kB`, `1.94 MB`; empty for none. Powers of 1000.
 */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return ''
  let value = bytes
  let unit = 0
  // 999.5 would be printed as 1000.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}
