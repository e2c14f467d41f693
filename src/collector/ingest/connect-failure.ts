import {
  type CertificateFault,
  certificateFault,
  isTidemarkError,
  messageOf,
  TidemarkError,
} from '../../common/index.ts'
import { endpointUrl, type RouterEndpoint } from './endpoint.ts'

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
])

/**
 * Turns whatever ended an attempt to connect, or a connection, into the row of the error table that tells the reader
 * what to do about it.
 *
 * @param wasOpen whether the router had answered with its open frame
 */
export function explainFailure(thrown: unknown, endpoint: RouterEndpoint, wasOpen: boolean): TidemarkError {
  if (isTidemarkError(thrown)) return thrown
  const url = endpointUrl(endpoint)
  const reason = reasonOf(thrown)
  const code = textField(thrown, 'code')
  if (!wasOpen && endpoint.tls !== undefined && (thrown === undefined || code === 'ECONNRESET')) {
    // Some servers end the connection after the handshake instead of sending the alert that TLS has for it.
    return new TidemarkError('AMQP_TLS_REFUSED', { url, reason: 'the router ended it before any word of AMQP' }, thrown)
  }
  if (!wasOpen && (thrown === undefined || code === 'ECONNRESET')) {
    // So does a port of TLS that is spoken to in plain AMQP, and any server that waits for other words.
    return new TidemarkError('AMQP_PROTOCOL', { url, reason: 'it hung up before any word of AMQP' }, thrown)
  }
  if (textField(thrown, 'condition') === 'amqp:unauthorized-access') {
    return new TidemarkError('AMQP_SASL_REFUSED', { url, reason }, thrown)
  }
  const fault = certificateFault(thrown)
  if (fault !== undefined) return refusedCertificate(fault, endpoint, thrown)
  if (UNREACHABLE.has(code)) return new TidemarkError('AMQP_UNREACHABLE', { url, reason }, thrown)
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    return new TidemarkError('AMQP_TLS_REFUSED', { url, reason }, thrown)
  }
  if (textField(thrown, 'name') === 'ProtocolError') return new TidemarkError('AMQP_PROTOCOL', { url, reason }, thrown)
  return new TidemarkError('AMQP_CLOSED', { url, reason }, thrown)
}

function refusedCertificate({ kind, reason }: CertificateFault, endpoint: RouterEndpoint, thrown: unknown) {
  const url = endpointUrl(endpoint)
  switch (kind) {
    case 'out-of-date':
      return new TidemarkError('AMQP_ROUTER_CERTIFICATE_EXPIRED', { url, reason }, thrown)
    case 'other-name':
      return new TidemarkError('AMQP_ROUTER_NAME_MISMATCH', { url, reason }, thrown)
    case 'untrusted': {
      const ca = endpoint.tls?.caFile ?? "the system's list"
      return new TidemarkError('AMQP_ROUTER_UNTRUSTED', { url, ca, reason }, thrown)
    }
  }
}

/** An AggregateError of a host with several addresses has no message of its own. */
function reasonOf(thrown: unknown): string {
  if (thrown === undefined) return 'closed without a word'
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(messageOf).join('; ')
  return messageOf(thrown)
}

function textField(thrown: unknown, name: string): string {
  if (typeof thrown !== 'object' || thrown === null) return ''
  const value: unknown = Reflect.get(thrown, name)
  return typeof value === 'string' ? value : ''
}
