import { type Family, labelText, sampleLine } from '../../common/index.ts'
import { text } from '../graph/attribute-values.ts'
import type { ViewRecord } from '../graph/view-port.ts'
import type { Expirable } from './capped-series.ts'
import { OTHER_TRAFFIC, type Traffic, trafficLabelText } from './traffic-labels.ts'

/** Methods of RFC 9110, section 9, and PATCH of RFC 5789; others would let clients make series. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'])

export const REQUESTS: Family = {
  name: 'skupper_requests_total',
  help: 'Requests that ended, by method and class of the answer.',
  type: 'counter',
}

/** What requests of one series have in common. */
export interface RequestKind {
  traffic: Traffic
  request: Request
}

export interface RequestSeries extends Expirable {
  labels: string
  count: number
}

/** What the metrics keep of an ended request. */
export interface Request {
  method: string
  code: string
  /** `http1`, `http2` or what the router calls it; undefined when it says nothing. */
  protocol: string | undefined
}

export function readRequest(record: ViewRecord): Request {
  return {
    method: methodLabel(text(record, 'method')),
    code: codeLabel(text(record, 'result')),
    protocol: protocolLabel(text(record, 'protocol')),
  }
}

/** What requests beyond the cap on series are counted under. */
export const OTHER_REQUESTS: RequestKind = {
  traffic: OTHER_TRAFFIC,
  request: { method: 'other', code: 'other', protocol: 'other' },
}

/** The labels of the traffic, with the protocol of the request, and its method and class of answer. */
export function requestLabelText({ traffic, request }: RequestKind): string {
  const { method, code, protocol = traffic.protocol } = request
  return `${trafficLabelText({ ...traffic, protocol })},${labelText(['method', 'code'], [method, code])}`
}

function methodLabel(method: string | undefined): string {
  const known = method?.toUpperCase() ?? ''
  return METHODS.has(known) ? known : 'unknown'
}

/** The class of an HTTP status: `2xx`; below 200 `1xx`. */
function codeLabel(result: string | undefined): string {
  if (result === undefined || !/^\d+$/.test(result)) return 'unknown'
  const status = Number(result)
  return status >= 600 ? 'unknown' : `${Math.max(1, Math.floor(status / 100))}xx`
}

function protocolLabel(protocol: string | undefined): string | undefined {
  if (protocol === undefined) return undefined
  const version = /^HTTP\/(\d)/i.exec(protocol)?.[1]
  return version === undefined ? protocol : `http${version}`
}

export function requestLines({ labels, count }: RequestSeries): string {
  return sampleLine(REQUESTS.name, labels, count)
}
