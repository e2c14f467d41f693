/** A secret: written out (connect.json allows it) or in a file of its own, which is read at each connect. */
export type Secret = { value: string } | { file: string }

/**
 * The files of a TLS client, as paths; each is read anew at each connect, so that a renewed certificate is taken up.
 */
export interface TlsFiles {
  /** Authorities that may have signed the router's certificate, PEM; the system's when absent. */
  caFile?: string
  /** Our certificate and its key, PEM; both or none. */
  certificateFile?: string
  keyFile?: string
  /** False accepts any certificate of any host. */
  verify: boolean
  /** The name that the router's certificate must carry; the endpoint's host when absent. */
  serverName?: string
}

/** Who we say we are. Without a list of mechanisms the strongest that fits what is configured is chosen. */
export interface SaslSettings {
  mechanisms?: readonly string[]
  user?: string
  password?: Secret
}

/** Where a router listens and how to speak to it. */
export interface RouterEndpoint {
  host: string
  port: number
  /** Absent: plain TCP. */
  tls?: TlsFiles
  sasl: SaslSettings
  /** What said so, for logs and errors: a file, or `the defaults`. */
  origin: string
}

/** The ports that IANA registered under the names `amqp` and `amqps`. */
export const AMQP_PORT = 5672
export const AMQPS_PORT = 5671

/** An endpoint as it is written in logs and errors, for example `amqps://skupper-router-local:5671`. */
export function endpointUrl(endpoint: Pick<RouterEndpoint, 'host' | 'port' | 'tls'>): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  return `${endpoint.tls === undefined ? 'amqp' : 'amqps'}://${host}:${endpoint.port}`
}
