/** A number with its thousands apart: 11,220. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US')
}

/** A number as `0x0003a`. */
export function hexadecimal(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`
}
