import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'
import { messageOf, TidemarkError } from '../../common/index.ts'
import { endpointUrl, type RouterEndpoint, type Secret, type TlsFiles } from './endpoint.ts'

/** What one connect needs of the files that the endpoint names. */
export interface Credentials {
  /** Absent for plain TCP. */
  secureContext?: SecureContext
  /** Whether we have a certificate to show, so that SASL EXTERNAL makes sense. */
  hasCertificate: boolean
  password?: string
}

/**
 * Reads certificates and secrets of an endpoint, and looks whether ours is in date, because a router that refuses an
 * expired one only says "alert".
 *
 * @throws TidemarkError AMQP_FILE_UNREADABLE, AMQP_CERTIFICATE_UNUSABLE, AMQP_CERTIFICATE_EXPIRED
 */
export function loadCredentials(endpoint: RouterEndpoint, now: Date): Credentials {
  const url = endpointUrl(endpoint)
  const credentials: Credentials = { hasCertificate: false }
  if (endpoint.sasl.password !== undefined) credentials.password = readSecret(endpoint.sasl.password, url)
  if (endpoint.tls === undefined) return credentials
  credentials.hasCertificate = endpoint.tls.certificateFile !== undefined
  credentials.secureContext = loadSecureContext(endpoint.tls, url, now)
  return credentials
}

function loadSecureContext(files: TlsFiles, url: string, now: Date): SecureContext {
  const { caFile, certificateFile, keyFile } = files
  const ca = caFile === undefined ? undefined : read(caFile, 'CA certificate', url)
  const cert = certificateFile === undefined ? undefined : read(certificateFile, 'certificate', url)
  const key = keyFile === undefined ? undefined : read(keyFile, 'key', url)
  try {
    if (cert !== undefined && certificateFile !== undefined) refuseOutOfDate(cert, certificateFile, now)
    return createSecureContext({ ca, cert, key, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' })
  } catch (error) {
    if (error instanceof TidemarkError) throw error
    const file = certificateFile ?? caFile ?? keyFile ?? 'the file'
    throw new TidemarkError('AMQP_CERTIFICATE_UNUSABLE', { url, file, reason: messageOf(error) }, error)
  }
}

function refuseOutOfDate(pem: Buffer, file: string, now: Date): void {
  const certificate = new X509Certificate(pem)
  if (certificate.validFromDate <= now && now <= certificate.validToDate) return
  const [from, to] = [certificate.validFromDate, certificate.validToDate].map(date => date.toISOString())
  throw new TidemarkError('AMQP_CERTIFICATE_EXPIRED', { file, from: from ?? '', to: to ?? '' })
}

function readSecret(secret: Secret, url: string): string {
  if ('value' in secret) return secret.value
  return read(secret.file, 'password file', url)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

function read(file: string, what: string, url: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new TidemarkError('AMQP_FILE_UNREADABLE', { what, file, url, reason: messageOf(error) }, error)
  }
}
