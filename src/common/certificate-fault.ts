import { codeOf, messageOf } from './errors/index.ts'

/** Node's and OpenSSL's codes for certificates of the other side that are not accepted. */
const KINDS: Readonly<Record<string, CertificateFault['kind']>> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  CERT_SIGNATURE_FAILURE: 'untrusted',
  CERT_UNTRUSTED: 'untrusted',
  INVALID_CA: 'untrusted',
  CERT_HAS_EXPIRED: 'out-of-date',
  CERT_NOT_YET_VALID: 'out-of-date',
  ERR_TLS_CERT_ALTNAME_INVALID: 'other-name',
}

/** Why a certificate was not accepted. */
export interface CertificateFault {
  kind: 'untrusted' | 'out-of-date' | 'other-name'
  /** In OpenSSL's words. */
  reason: string
}

/** What is wrong with the certificate of the other side, or undefined when a failure was about something else. */
export function certificateFault(thrown: unknown): CertificateFault | undefined {
  const code = codeOf(thrown) ?? ''
  const kind = KINDS[code]
  // Node adds how Node is started otherwise, which is not for the user of this program.
  return kind === undefined ? undefined : { kind, reason: messageOf(thrown).replace(/; if the root CA .*$/, '') }
}
