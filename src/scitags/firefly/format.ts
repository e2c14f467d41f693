import { withoutZone } from '../ip-address.ts'
import { formatSyslogHeader } from '../syslog-header.ts'
import { formatTimestamp, type TimestampUs } from '../timestamp.ts'
import type { Firefly, FireflyUsage } from './firefly.ts'

/**
 * A firefly as compact JSON, keys in flowd-go's order. `<`, `>`, `&` and the two Unicode line separators are escaped as
 * there, so that equal messages are equal bytes. Written as text, because a busy host sends tens of thousands a second:
 * what stands here unescaped are fixed words, numbers and addresses.
 */
export function formatFirefly(firefly: Firefly): string {
  const { state, flow, experiment, activity, application, usage, blocks } = firefly
  const { source, destination } = flow
  return (
    `{"version":1,"flow-lifecycle":{"state":"${state}"${time('current-time', firefly.currentTimeUs)},` +
    `"start-time":"${firefly.startTimeUs === undefined ? '' : formatTimestamp(firefly.startTimeUs)}"` +
    `${time('end-time', firefly.endTimeUs)}},` +
    `"flow-id":{"afi":"${flow.family}","src-ip":"${withoutZone(source.address)}",` +
    `"dst-ip":"${withoutZone(destination.address)}","protocol":"${flow.protocol}",` +
    `"src-port":${source.port},"dst-port":${destination.port}},` +
    `"context":{"experiment-id":${experiment},"activity-id":${activity}` +
    `${application === undefined ? '' : `,"application":${escapedJson(application)}`}}` +
    `${usage === undefined ? '' : `,"usage":${usageJson(usage)}`}` +
    `${blocks === undefined ? '' : blocksJson(blocks)}}`
  )
}

/** Facility local0, severity informational, and the MSGID of every firefly. */
const FIREFLY_SYSLOG = { facility: 16, severity: 6, msgId: 'firefly-json' } as const

/** Who sends fireflies, for their syslog header. */
export interface FireflySender {
  hostname: string
  appName: string
}

/** Writes the syslog header of a sender's fireflies, with the space after it, for a time. */
export type FireflyHeader = (timestampUs: TimestampUs) => string

/** Prepares the header, of which only the time changes. */
export function createFireflyHeader(sender: FireflySender): FireflyHeader {
  const [priority = '', rest = ''] = formatSyslogHeader({ ...FIREFLY_SYSLOG, ...sender }).split(/ - (.*)/s)
  return timestampUs => `${priority} ${formatTimestamp(timestampUs)} ${rest}`
}

function time(name: string, us: TimestampUs | undefined): string {
  return us === undefined ? '' : `,"${name}":"${formatTimestamp(us)}"`
}

function usageJson({ receivedBytes, sentBytes }: FireflyUsage): string {
  return JSON.stringify({ received: receivedBytes, sent: sentBytes })
}

function blocksJson(blocks: Readonly<Record<string, unknown>>): string {
  const json = escapedJson(blocks)
  return json === '{}' ? '' : `,${json.slice(1, -1)}`
}

const ESCAPED = /[<>&\u2028\u2029]/g

function escapedJson(value: unknown): string {
  return JSON.stringify(value).replace(ESCAPED, escaped)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
