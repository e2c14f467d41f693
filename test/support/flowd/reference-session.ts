import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * What flowd-go is documented to say, and how what we say may differ: by the rows of docs/reference/differences.md, and
 * by nothing else. Times of the moment stand as `<now>` with their zone (flowd-go runs in a zone one hour east).
 */

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

/** A difference that a row of the page names. */
export interface Difference {
  /** Words of the row's first column. */
  row: string
  /** Makes our text of the reference's. */
  apply: (text: string) => string
}

/** Differences of every firefly that is sent. */
export const FIREFLY_DIFFERENCES: readonly Difference[] = [
  {
    row: 'the header of start and end fireflies has an empty time, the JSON no `current-time`',
    apply: text =>
      text
        .replace('<134>1  ', '<134>1 <now+00:00> ')
        .replace(/("state":"(?:start|end)"),(?!"current)/, '$1,"current-time":"<now+00:00>",'),
  },
  {
    row: 'a firefly of an event that says no start has `start-time` ""',
    apply: text => text.replace('"start-time":""', '"start-time":"<now+00:00>"'),
  },
  { row: '`start-time` in the local zone', apply: text => text.replace('<now+01:00>', '<now+00:00>') },
  {
    row: '`application` and APPNAME `flowd-go-VERSION`',
    apply: text => text.replaceAll('flowd-go-v2.4.2', `flowd-go-${version}`),
  },
]

/** Differences of every answer of the API. */
export const ANSWER_DIFFERENCES: readonly Difference[] = [
  { row: 'times of the API are in the local zone', apply: text => text.replaceAll('<now+01:00>', '<nowZ>') },
  {
    row: '`application` and APPNAME `flowd-go-VERSION`',
    apply: text => text.replaceAll('flowd-go-v2.4.2', `flowd-go-${version}`),
  },
]

interface FireflyOfReference {
  state: 'start' | 'ongoing' | 'end'
  source: [address: string, port: number]
  destination: [address: string, port: number]
  experiment: number
  activity: number
  protocol?: 'tcp' | 'udp'
  family?: 'ipv4' | 'ipv6'
  startTime?: string
  endTime?: string
  application?: string
}

/** A firefly as flowd-go sends it: header, and compact JSON in its order of keys. */
export function referenceFirefly(firefly: FireflyOfReference): string {
  const { state, source, destination, experiment, activity, protocol = 'tcp', startTime = '', endTime } = firefly
  const current = state === 'ongoing' ? '<now+00:00>' : undefined
  const json = {
    version: 1,
    'flow-lifecycle': { state, 'current-time': current, 'start-time': startTime, 'end-time': endTime },
    'flow-id': {
      afi: firefly.family ?? (source[0].includes(':') ? 'ipv6' : 'ipv4'),
      'src-ip': source[0],
      'dst-ip': destination[0],
      protocol,
      'src-port': source[1],
      'dst-port': destination[1],
    },
    context: {
      'experiment-id': experiment,
      'activity-id': activity,
      application: firefly.application ?? 'flowd-go-v2.4.2',
    },
  }
  return `<134>1 ${current ?? ''} h1 flowd-go-v2.4.2 - firefly-json - ${JSON.stringify(json)}`
}

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)/g
const RECENT_MS = 300_000

/** What was really said, with the moment and the host's name taken out. */
export function comparable(text: string): string {
  return text
    .replace(TIME, (time, zone: string) =>
      Math.abs(Date.parse(time) - Date.now()) < RECENT_MS ? `<now${zone}>` : time,
    )
    .replace(` ${hostname()} flowd-go`, ' h1 flowd-go')
}
