import { addressFamily, canonicalAddress, type FiveTuple, flowKey, LATEST_US } from '../../scitags/index.ts'
import type { Flow, FlowChange } from '../flow.ts'

/**
 * The journal's lines, each a JSON array and a line feed: `["+",…]` for a flow that lives, `["s",…]` for one whose end
 * was announced only because flowd stopped, `["-",key]` for one that ended. The first line names the format.
 */
export const JOURNAL_HEADER = '["tidemark flow journal",1]\n'

/** The line of a change, or undefined when the change alters nothing that is kept. */
export function entryOf(change: FlowChange): string | undefined {
  const { kind, flow } = change
  if (kind === 'start' || isStop(change)) return flowEntry(flow)
  return kind === 'end' ? endEntry(flow.key) : undefined
}

/** Whether a flow ends only because flowd stops: it may go on at the next start. */
export function isStop(change: FlowChange): boolean {
  return change.kind === 'end' && change.reason === 'shutdown'
}

/** The line of a flow that ended for good. */
export function endEntry(key: string): string {
  return `["-",${JSON.stringify(key)}]\n`
}

/** The line of a flow that lives or, when it has an end, was stopped. */
export function flowEntry(flow: Flow): string {
  const { tuple, experiment, activity, application, label, origin, startTimeUs, endTimeUs, toldBy } = flow
  const { protocol, source, destination } = tuple
  return `${JSON.stringify([
    endTimeUs === undefined ? '+' : 's',
    protocol,
    source.address,
    source.port,
    destination.address,
    destination.port,
    experiment,
    activity,
    application,
    label ?? null,
    origin,
    startTimeUs,
    ...(endTimeUs === undefined && toldBy === undefined ? [] : [endTimeUs ?? null]),
    ...(toldBy === undefined ? [] : [toldBy.address, toldBy.atEnd]),
  ])}\n`
}

/** What a journal held. */
export interface JournalContent {
  /** Flows that were live when the last line was written; those that a stop had ended have the time of their end. */
  flows: Map<string, Flow>
  /** Lines that could not be read. A last line without its end is not counted: the writer was stopped in it. */
  damagedLines: number
  /** Whether the last line lacks its end. */
  torn: boolean
}

const LINE_FEED = 0x0a

/** Reads a journal. Whatever is damaged costs only its own lines. */
export function readJournal(bytes: Buffer): JournalContent {
  const flows = new Map<string, Flow>()
  let damagedLines = 0
  let start = 0
  for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
    const line = bytes.toString('utf8', start, end)
    if (line !== '' && !replay(line, flows)) damagedLines += 1
    start = end + 1
  }
  const torn = start < bytes.length
  // All but the line feed may be there.
  if (torn) replay(bytes.toString('utf8', start), flows)
  return { flows, damagedLines, torn }
}

/** Applies a line; false when it is damaged. */
function replay(line: string, flows: Map<string, Flow>): boolean {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    return false
  }
  if (!Array.isArray(entry)) return false
  const [kind, ...fields] = entry as unknown[]
  if (kind === '-') return replayEnd(fields, flows)
  if (kind !== '+' && kind !== 's') return `${line}\n` === JOURNAL_HEADER
  const flow = readFlow(fields)
  if (flow === undefined || (kind === 's') === (flow.endTimeUs === undefined)) return false
  flows.set(flow.key, flow)
  return true
}

/** The flow may be unknown: the line of its start may be damaged. */
function replayEnd([key]: readonly unknown[], flows: Map<string, Flow>): boolean {
  if (!isText(key)) return false
  flows.delete(key)
  return true
}

function readFlow(fields: readonly unknown[]): Flow | undefined {
  const [protocol, sourceAddress, sourcePort, destinationAddress, destinationPort, ...rest] = fields
  const [experiment, activity, application, label, origin, startTimeUs, endTimeUs = null, teller, atEnd] = rest
  if (protocol !== 'tcp' && protocol !== 'udp') return undefined
  if (!isAddress(sourceAddress) || !isInteger(sourcePort, PORT_MAX)) return undefined
  if (!isAddress(destinationAddress) || !isInteger(destinationPort, PORT_MAX)) return undefined
  if (!isInteger(experiment) || !isInteger(activity) || !isText(application)) return undefined
  if (!(label === null || isInteger(label, LABEL_MAX)) || !isText(origin)) return undefined
  if (!isInteger(startTimeUs, LATEST_US)) return undefined
  if (!(endTimeUs === null || isInteger(endTimeUs, LATEST_US))) return undefined
  const tuple: FiveTuple = {
    protocol,
    family: addressFamily(sourceAddress),
    source: { address: sourceAddress, port: sourcePort },
    destination: { address: destinationAddress, port: destinationPort },
  }
  return {
    key: flowKey(tuple),
    tuple,
    experiment,
    activity,
    application,
    label: label ?? undefined,
    origin,
    ...(isText(teller) ? { toldBy: { address: teller, atEnd: atEnd === true } } : {}),
    startTimeUs,
    endTimeUs: endTimeUs ?? undefined,
    usage: undefined,
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

const PORT_MAX = 65_535
const LABEL_MAX = 0xf_ffff

function isInteger(value: unknown, maximum = Number.MAX_SAFE_INTEGER): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= maximum
}

function isAddress(value: unknown): value is string {
  return isText(value) && canonicalAddress(value) === value
}
