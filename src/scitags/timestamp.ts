/**
 * Times are numbers of microseconds since 1970-01-01T00:00:00Z: fireflies carry microseconds, which a `Date` loses.
 * A double holds them exactly until the year 2255.
 */
export type TimestampUs = number

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,18}))?([Zz]|[+-]\d{2}:\d{2})$/
const US_PER_MS = 1000
const US_PER_SECOND = 1_000_000
const US_PER_MINUTE = 60 * US_PER_SECOND
const US_PER_DAY = 1440 * US_PER_MINUTE

/** What is out of these (years 1970 to 9999) has no text form here. */
export const LATEST_US = Date.UTC(9999, 11, 31, 23, 59, 59) * US_PER_MS

/**
 * Reads an RFC 3339 time with `Z` or an offset; digits beyond the microsecond are cut. A leap second reads as the
 * first second of the next minute. Undefined when it is no such time or lies before 1970.
 */
export function parseTimestamp(text: string): TimestampUs | undefined {
  const match = RFC3339.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six
  if (hour > 23 || minute > 59 || second > 60 || day < 1 || day > daysIn(year, month)) return undefined
  const zoneMinutes = parseZone(match[8] ?? 'Z')
  if (zoneMinutes === undefined) return undefined
  const fractionUs = Number((match[7] ?? '').slice(0, 6).padEnd(6, '0'))
  const us = Date.UTC(year, month - 1, day, hour, minute, second) * US_PER_MS + fractionUs - zoneMinutes * US_PER_MINUTE
  return us >= 0 && us <= LATEST_US ? us : undefined
}

type Six = [number, number, number, number, number, number]

/**
 * `YYYY-MM-DDThh:mm:ss[.ffffff]+00:00`, with trailing zeros of the fraction left out.
 *
 * @throws RangeError for what lies before 1970 or after 9999
 */
export function formatTimestamp(us: TimestampUs): string {
  if (us === lastUs) return lastText
  if (!(us >= 0 && us <= LATEST_US)) throw new RangeError(`${us} µs is no time from 1970 to 9999`)
  const whole = Math.floor(us)
  const day = Math.floor(whole / US_PER_DAY)
  const fraction = whole % US_PER_SECOND
  const seconds = Math.floor((whole % US_PER_DAY) / US_PER_SECOND)
  const minutes = Math.floor(seconds / 60)
  const clock = `${dayText(day)}T${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}`
  lastText = fraction === 0 ? `${clock}+00:00` : `${clock}.${fractionText(fraction)}+00:00`
  lastUs = us
  return lastText
}

/** A message names the moment of its sending more than once, and the next is often sent at the same. */
let lastUs = Number.NaN
let lastText = ''

let lastDay = -1
let lastDayText = ''

/** `YYYY-MM-DD` of a day since 1970; most calls are about the same day as the call before. */
function dayText(day: number): string {
  if (day !== lastDay) {
    lastDayText = new Date((day * US_PER_DAY) / US_PER_MS).toISOString().slice(0, 10)
    lastDay = day
  }
  return lastDayText
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`
}

function fractionText(us: number): string {
  return String(us).padStart(6, '0').replace(/0+$/, '')
}

function daysIn(year: number, month: number): number {
  return month < 1 || month > 12 ? 0 : new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function parseZone(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(4, 6))
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}
