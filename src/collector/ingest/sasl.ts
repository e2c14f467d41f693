import type { Credentials } from './credentials.ts'
import type { SaslSettings } from './endpoint.ts'

/** A client's side of a SASL mechanism, in the form that rhea calls: it answers once and hears the outcome. */
export interface SaslMechanism {
  start(answer: (error: unknown, initialResponse: Buffer) => void): void
}

/**
 * The mechanisms to accept from what the router offers; the router's order decides among them.
 * Unless listed: EXTERNAL (RFC 4422) when we have a certificate, PLAIN (RFC 4616) when we have a password, and
 * ANONYMOUS (RFC 4505) when we have no password to prove anything with.
 *
 * @returns by name; empty means that the SASL layer is left out
 */
export function saslMechanisms(settings: SaslSettings, credentials: Credentials): Record<string, SaslMechanism> {
  const known: Record<string, SaslMechanism> = {
    EXTERNAL: initialResponse(''),
    PLAIN: initialResponse(`\0${settings.user ?? ''}\0${credentials.password ?? ''}`),
    ANONYMOUS: initialResponse(settings.user ?? 'anonymous'),
  }
  const fitting = settings.mechanisms ?? [
    ...(credentials.hasCertificate ? ['EXTERNAL'] : []),
    ...(credentials.password === undefined ? ['ANONYMOUS'] : ['PLAIN']),
  ]
  return Object.fromEntries(fitting.flatMap(name => (known[name] === undefined ? [] : [[name, known[name]]])))
}

function initialResponse(text: string): SaslMechanism {
  return { start: answer => answer(undefined, Buffer.from(text, 'utf8')) }
}
