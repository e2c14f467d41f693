import type { ViewRecord } from './view-port.ts'

/** A text attribute of a record; undefined when it is empty or none. */
export function text(record: ViewRecord | undefined, attribute: string): string | undefined {
  const value = record?.get(attribute)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A number attribute of a record; one beyond 2^53 is rounded. */
export function number(record: ViewRecord | undefined, attribute: string): number | undefined {
  const value = record?.get(attribute)
  return value === undefined || typeof value === 'string' ? undefined : Number(value)
}
