import { type Family, sampleLine } from '../../../common/index.ts'

/** One line of a family, for everything that has labels of its own: a flow, an activity. */
export interface FamilyLine<Of> {
  /** What the line adds to those labels, as text. */
  label?: (of: Of) => string
  /** Undefined where there is nothing to tell. */
  value: (of: Of) => number | undefined
}

/** A family whose values are read when it is scraped. */
export interface ReadFamily<Of> extends Family {
  lines: readonly FamilyLine<Of>[]
}

/** A family with one line for each thing. */
export function oneLine<Of>(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  value: FamilyLine<Of>['value'],
): ReadFamily<Of> {
  return { type, name, help, lines: [{ value }] }
}

/** A counter with one line for each direction, as seen from this host. */
export function bothWays<Of>(
  name: string,
  help: string,
  sent: FamilyLine<Of>['value'],
  received: FamilyLine<Of>['value'],
): ReadFamily<Of> {
  const lines = [
    { label: () => 'direction="sent"', value: sent },
    { label: () => 'direction="received"', value: received },
  ]
  return { type: 'counter', name, help, lines }
}

/** The lines of a family for one thing. */
export function readLines<Of>({ name, lines }: ReadFamily<Of>, labels: string, of: Of): string {
  let text = ''
  for (const { label, value } of lines) {
    const number = value(of)
    if (number === undefined) continue
    text += sampleLine(name, label === undefined ? labels : `${labels},${label(of)}`, number)
  }
  return text
}
