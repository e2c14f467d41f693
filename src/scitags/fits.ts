/** Whether something is an integer from 0 to a maximum: it fits into so many bits. */
export function fits(value: unknown, maximum: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maximum
}
