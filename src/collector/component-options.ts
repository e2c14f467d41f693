import type { CollectorConfiguration } from './configuration.ts'
import type { RetentionLimits } from './graph/index.ts'
import { type RouterEndpoint, SOURCE_TIMERS, type VanIngestOptions } from './ingest/index.ts'

const MS_PER_S = 1000
const MS_PER_MINUTE = 60_000
/** From a lost connection to the first attempt to connect again. */
const FIRST_RETRY_MS = 250

/** How much of what ended the graph keeps. */
export function retentionLimits(retention: CollectorConfiguration['retention']): RetentionLimits {
  const { endedMinutes, maxEndedRecords, maxBytes } = retention
  return { endedMaxAgeMs: endedMinutes * MS_PER_MINUTE, endedMaxCount: maxEndedRecords, maxBytes }
}

/** How the router is connected to, and how soon again. */
export function connectionOptions(amqp: CollectorConfiguration['amqp']): VanIngestOptions['connection'] {
  return {
    credit: amqp.credit,
    idleTimeoutMs: amqp.idleTimeoutSeconds * MS_PER_S,
    openTimeoutMs: amqp.openTimeoutSeconds * MS_PER_S,
    firstDelayMs: FIRST_RETRY_MS,
    longestDelayMs: amqp.longestRetrySeconds * MS_PER_S,
  }
}

/** How ingest reads a router, judges sources, and what may wait. */
export function ingestOptions(
  { amqp, sources, limits }: CollectorConfiguration,
  endpoint: RouterEndpoint,
): VanIngestOptions {
  return {
    endpoint,
    connection: connectionOptions(amqp),
    inbox: { maxMessages: limits.inboxMessages, maxBytes: limits.inboxBytes },
    timers: {
      ...SOURCE_TIMERS,
      staleAfterMs: sources.staleAfterSeconds * MS_PER_S,
      goneAfterMs: sources.goneAfterSeconds * MS_PER_S,
      flushIntervalMs: sources.flushIntervalSeconds * MS_PER_S,
      periodicFlushMs: sources.periodicFlushSeconds * MS_PER_S,
    },
    maxSources: sources.maxSources,
  }
}
