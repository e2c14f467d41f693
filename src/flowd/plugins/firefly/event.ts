import type { Firefly, Parsed, Registry } from '../../../scitags/index.ts'
import type { FlowEvent, ForeignBlocks, Usage } from '../../event.ts'
import { type ReadEvent, readIds, warningOfIds } from '../../events/index.ts'

/** What is to be known beside a firefly to make an event of it. */
export interface Surroundings {
  registry: Registry
  origin: string
  /** Whether an address of a flow is this host's, and others can reach it. */
  isLocal(address: string): boolean
  /** The address of the host that sent the firefly; undefined when a program of this host did. */
  teller: string | undefined
}

/**
 * Makes an event of a firefly. When this host is the flow's destination and not its source, source and destination
 * change places: here, a flow begins at this host, whose packets are the ones to mark.
 */
export function eventOf(firefly: Firefly, surroundings: Surroundings): Parsed<ReadEvent> {
  const { registry, origin, isLocal, teller } = surroundings
  const ids = readIds(firefly.experiment, firefly.activity, registry)
  if (!ids.ok) return ids
  const { state, flow, application, startTimeUs, endTimeUs, blocks } = firefly
  const { source, destination } = flow
  const isTurned = !isLocal(source.address) && isLocal(destination.address)
  const event: FlowEvent = {
    state,
    flow: isTurned ? { ...flow, source: destination, destination: source } : flow,
    ...ids.value,
    origin,
  }
  if (application !== undefined && application !== '') event.application = application
  if (startTimeUs !== undefined) event.startTimeUs = startTimeUs
  if (endTimeUs !== undefined) event.endTimeUs = endTimeUs
  // Who counts bytes counts them as its own host sees them.
  const usage = usageOf(firefly, isTurned && teller !== undefined)
  if (usage !== undefined) event.usage = usage
  if (teller === undefined) event.awaitEnd = true
  else {
    event.toldBy = { address: teller, atEnd: isLocal(source.address) || isLocal(destination.address) }
  }
  const kept = objectsOf(blocks)
  if (kept !== undefined) event.blocks = kept
  const warning = warningOfIds(ids.value)
  return { ok: true, value: { event, warnings: warning === undefined ? [] : [warning] } }
}

/** The usage as this host sees it; undefined unless both counts are there. */
function usageOf({ usage }: Firefly, isTurned: boolean): Usage | undefined {
  const { receivedBytes, sentBytes } = usage ?? {}
  if (receivedBytes === undefined || sentBytes === undefined) return undefined
  return isTurned ? { receivedBytes: sentBytes, sentBytes: receivedBytes } : { receivedBytes, sentBytes }
}

/** The blocks that may stand in a firefly of ours, where each is an object; undefined when there is none. */
function objectsOf(blocks: Firefly['blocks']): ForeignBlocks | undefined {
  if (blocks === undefined) return undefined
  const kept = Object.entries(blocks).filter(
    ([, block]) => typeof block === 'object' && block !== null && !Array.isArray(block),
  )
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}
