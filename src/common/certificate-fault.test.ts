import { expect, it } from 'vitest'
import { certificateFault } from './certificate-fault.ts'

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

it.each([
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
    { kind: 'untrusted', reason: 'self-signed certificate' },
  ],
  ['CERT_HAS_EXPIRED', 'certificate has expired', { kind: 'out-of-date', reason: 'certificate has expired' }],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'not x', { kind: 'other-name', reason: 'not x' }],
  ['ECONNREFUSED', 'connect ECONNREFUSED', undefined],
])('%s: %s', (code, message, fault) => {
  expect(certificateFault(failure(code, message))).toEqual(fault)
})

it('finds nothing in what is no error', () => {
  expect([certificateFault(undefined), certificateFault('CERT_HAS_EXPIRED')]).toEqual([undefined, undefined])
})
