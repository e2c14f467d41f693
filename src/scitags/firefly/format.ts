import { withoutZone } from '../ip-address.ts'
import { FIREFLY_SYSLOG, formatSyslogHeader } from '../syslog-header.ts'
import { formatTimestamp, type TimestampUs } from '../timestamp.ts'
import type { Firefly, FireflyUsage } from './firefly.ts'

/**
 * A firefly as compact JSON, keys in flowd-go's order. `<`, `>`, `&` and the two Unicode line separators are escaped as
 * there, so that equal messages are equal bytes.
 */
export function formatFirefly(firefly: Firefly): string {
  const { flow, usage } = firefly
  const json = JSON.stringify({
    version: 1,
    'flow-lifecycle': {
      state: firefly.state,
      'current-time': timeText(firefly.currentTimeUs),
      'start-time': timeText(firefly.startTimeUs) ?? '',
      'end-time': timeText(firefly.endTimeUs),
    },
    'flow-id': {
      afi: flow.family,
      'src-ip': withoutZone(flow.source.address),
      'dst-ip': withoutZone(flow.destination.address),
      protocol: flow.protocol,
      'src-port': flow.source.port,
      'dst-port': flow.destination.port,
    },
    context: {
      'experiment-id': firefly.experiment,
      'activity-id': firefly.activity,
      application: firefly.application,
    },
    usage: usage && usageBlock(usage),
    ...firefly.blocks,
  })
  return ESCAPED_TEST.test(json) ? json.replace(ESCAPED, escaped) : json
}

/** Who sends fireflies, for their syslog header. */
export interface FireflySender {
  hostname: string
  appName: string
}

/** The syslog header of a firefly, with the space after it. */
export function formatFireflyHeader(sender: FireflySender, timestampUs: TimestampUs): string {
  return formatSyslogHeader({ ...FIREFLY_SYSLOG, ...sender, timestampUs })
}

function usageBlock({ receivedBytes, sentBytes }: FireflyUsage): Record<string, number | undefined> {
  return { received: receivedBytes, sent: sentBytes }
}

function timeText(us: TimestampUs | undefined): string | undefined {
  return us === undefined ? undefined : formatTimestamp(us)
}

const ESCAPED = /[<>&\u2028\u2029]/g
const ESCAPED_TEST = /[<>&\u2028\u2029]/

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
