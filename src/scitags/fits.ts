/** Whether a number is an integer from 0 to a maximum: it fits into so many bits. */
export function fits(value: number, maximum: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= maximum
}
