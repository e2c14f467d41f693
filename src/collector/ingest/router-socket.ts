import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Credentials } from './credentials.ts'
import type { RouterEndpoint } from './endpoint.ts'

/** Begins to connect to a router, by TLS when the endpoint asks for it; `connected` is called when it is there. */
export function openSocket(endpoint: RouterEndpoint, credentials: Credentials, connected: () => void): Socket {
  const { host, port } = endpoint
  if (endpoint.tls === undefined) return connectTcp({ port, host, noDelay: true }, connected)
  const servername = endpoint.tls.serverName ?? host
  return connectTls(
    {
      port,
      host,
      ...(credentials.secureContext === undefined ? {} : { secureContext: credentials.secureContext }),
      ...(isIP(servername) !== 0 ? {} : { servername }),
      rejectUnauthorized: endpoint.tls.verify,
    },
    connected,
  )
}
