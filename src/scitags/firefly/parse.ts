import { APPLICATION_LENGTH } from '../application.ts'
import { mayHoldLongIntegers, parseExactly } from '../exact-integer.ts'
import { fits } from '../fits.ts'
import type { FiveTuple, Protocol } from '../five-tuple.ts'
import { type AddressFamily, addressFamily, canonicalAddress } from '../ip-address.ts'
import { DEPTH_MAX, isWithinDepth } from '../json-depth.ts'
import { isJsonObject, type JsonObject } from '../json-object.ts'
import { type Parsed, type ParseFailure, refused } from '../parsed.ts'
import { parseSyslogHeader, type SyslogHeader } from '../syslog-header.ts'
import { parseTimestamp } from '../timestamp.ts'
import type { Firefly, FireflyState, FireflyUsage } from './firefly.ts'

/** A firefly as it came, with the syslog header before it, if it had a valid one. */
export interface ReceivedFirefly {
  header?: SyslogHeader
  firefly: Firefly
}

const KNOWN_BLOCKS = new Set(['version', 'flow-lifecycle', 'flow-id', 'context', 'usage'])
/** Ids of 32 bits are read, whatever the registry gives: who uses one judges it. */
const ID_MAX = 0xffff_ffff

/**
 * Reads a datagram: a syslog header or whatever else stands before the first `{`, then one JSON object to the end. What
 * the schema calls optional may be absent, times may use `Z`, and foreign blocks are kept unread. Never throws.
 */
export function parseFireflyDatagram(text: string): Parsed<ReceivedFirefly> {
  const read = parseSyslogHeader(text)
  const start = text.indexOf('{', read?.messageOffset ?? 0)
  if (start === -1) return refused('', 'no JSON object in the message')
  const firefly = parseFirefly(text.slice(start))
  if (!firefly.ok) return firefly
  return { ok: true, value: read ? { header: read.header, firefly: firefly.value } : { firefly: firefly.value } }
}

/** Reads a firefly from its JSON text. Never throws. */
export function parseFirefly(text: string): Parsed<Firefly> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return refused('', 'not valid JSON')
  }
  if (!isJsonObject(json)) return refused('', 'not a JSON object')
  const firefly: Partial<Firefly> = {}
  const problem =
    readLifecycle(json['flow-lifecycle'], firefly) ??
    readFlowId(json['flow-id'], text, firefly) ??
    readContext(json['context'], firefly) ??
    readUsage(json['usage'], firefly)
  if (problem !== undefined) return problem
  if (Object.keys(json).some(isForeign)) {
    if (!isWithinDepth(json)) return refused('', `nested deeper than ${DEPTH_MAX} levels`)
    firefly.blocks = foreignBlocks(json, text)
  }
  return { ok: true, value: firefly as Firefly }
}

/** Foreign blocks are passed on, so their integers keep every digit: statistics use all of 64 bits. */
function foreignBlocks(json: JsonObject, text: string): JsonObject {
  const exact = mayHoldLongIntegers(text) ? parseExactly(text) : json
  return Object.fromEntries(Object.entries(exact as JsonObject).filter(([name]) => isForeign(name)))
}

function isForeign(block: string): boolean {
  return !KNOWN_BLOCKS.has(block)
}

function readLifecycle(block: unknown, firefly: Partial<Firefly>): ParseFailure | undefined {
  if (!isJsonObject(block)) return refused('flow-lifecycle', 'not an object', block)
  const state = lowerCase(block['state'])
  if (!isState(state)) return refused('flow-lifecycle.state', "not 'start', 'ongoing' or 'end'", block['state'])
  firefly.state = state
  for (const [name, key] of TIMES) {
    const value = block[name]
    if (value === undefined || value === null || value === '') continue
    const us = typeof value === 'string' ? parseTimestamp(value) : undefined
    if (us === undefined) return refused(`flow-lifecycle.${name}`, 'not an RFC 3339 time', value)
    firefly[key] = us
  }
  return undefined
}

const TIMES = [
  ['current-time', 'currentTimeUs'],
  ['start-time', 'startTimeUs'],
  ['end-time', 'endTimeUs'],
] as const

/** `JSON.parse` makes no difference between 22 and 22.0, but a port is not written so. */
const FRACTIONAL_PORT = /"(?:src|dst)-port"\s*:\s*-?\d+[.eE]/

function readFlowId(block: unknown, text: string, firefly: Partial<Firefly>): ParseFailure | undefined {
  if (!isJsonObject(block)) return refused('flow-id', 'not an object', block)
  const family = lowerCase(block['afi'])
  if (!isFamily(family)) return refused('flow-id.afi', "not 'ipv4' or 'ipv6'", block['afi'])
  const protocol = lowerCase(block['protocol'])
  if (!isProtocol(protocol)) return refused('flow-id.protocol', "not 'tcp' or 'udp'", block['protocol'])
  const source = readEndpoint(block, 'src', family)
  if (!source.ok) return source
  const destination = readEndpoint(block, 'dst', family)
  if (!destination.ok) return destination
  if (FRACTIONAL_PORT.test(text)) return refused('flow-id', 'a port is not written as an integer')
  firefly.flow = { protocol, family, source: source.value, destination: destination.value }
  return undefined
}

function readEndpoint(block: JsonObject, end: 'src' | 'dst', family: AddressFamily): Parsed<FiveTuple['source']> {
  const [ip, port] = [block[`${end}-ip`], block[`${end}-port`]]
  const address = typeof ip === 'string' ? canonicalAddress(ip) : undefined
  if (address === undefined) return refused(`flow-id.${end}-ip`, 'not an IP address', ip)
  if (addressFamily(address) !== family) return refused(`flow-id.${end}-ip`, `not an ${family} address as afi says`, ip)
  if (!fits(port, 0xffff)) return refused(`flow-id.${end}-port`, 'not an integer of 0-65535', port)
  return { ok: true, value: { address, port } }
}

function readContext(block: unknown, firefly: Partial<Firefly>): ParseFailure | undefined {
  if (!isJsonObject(block)) return refused('context', 'not an object', block)
  const { 'experiment-id': experiment = 0, 'activity-id': activity = 0, application } = block
  if (!fits(experiment, ID_MAX)) return refused('context.experiment-id', 'not an unsigned integer', experiment)
  if (!fits(activity, ID_MAX)) return refused('context.activity-id', 'not an unsigned integer', activity)
  firefly.experiment = experiment
  firefly.activity = activity
  if (application === undefined || application === null) return undefined
  if (typeof application !== 'string' || application.length > APPLICATION_LENGTH) {
    return refused('context.application', `not a text of at most ${APPLICATION_LENGTH} characters`, application)
  }
  firefly.application = application
  return undefined
}

function readUsage(block: unknown, firefly: Partial<Firefly>): ParseFailure | undefined {
  if (block === undefined || block === null) return undefined
  if (!isJsonObject(block)) return refused('usage', 'not an object', block)
  const usage: FireflyUsage = {}
  for (const [name, key] of COUNTERS) {
    const value = block[name]
    if (value === undefined || value === null) continue
    if (!fits(value, Number.MAX_VALUE)) return refused(`usage.${name}`, 'not a number of bytes', value)
    usage[key] = value
  }
  firefly.usage = usage
  return undefined
}

const COUNTERS = [
  ['received', 'receivedBytes'],
  ['sent', 'sentBytes'],
] as const

function lowerCase(json: unknown): unknown {
  return typeof json === 'string' ? json.toLowerCase() : json
}

function isState(json: unknown): json is FireflyState {
  return json === 'start' || json === 'ongoing' || json === 'end'
}

function isFamily(json: unknown): json is AddressFamily {
  return json === 'ipv4' || json === 'ipv6'
}

function isProtocol(json: unknown): json is Protocol {
  return json === 'tcp' || json === 'udp'
}
