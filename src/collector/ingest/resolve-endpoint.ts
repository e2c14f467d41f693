import { bareHost } from '../../common/index.ts'
import { findConnectJson, readConnectJson, type SearchContext } from './connect-json.ts'
import { AMQP_PORT, AMQPS_PORT, type RouterEndpoint, type SaslSettings, type TlsFiles } from './endpoint.ts'

/** The part of the configuration that says where the router is; '' stands for what is not said. */
export interface EndpointSettings {
  url: string
  connectFile: string
  tls: { caFile: string; certificateFile: string; keyFile: string; verify: boolean; serverName: string }
  sasl: { mechanisms: readonly string[]; user: string; passwordFile: string }
}

/**
 * The router to connect to: the URL, else connect.json, else localhost without TLS.
 *
 * @throws TidemarkError CONFIG_UNREADABLE, CONNECT_JSON_INVALID
 */
export function resolveEndpoint(settings: EndpointSettings, context: SearchContext): RouterEndpoint {
  if (settings.url !== '') return fromUrl(settings)
  const file = settings.connectFile === '' ? findConnectJson(context) : settings.connectFile
  if (file !== undefined) return readConnectJson(file)
  return { host: 'localhost', port: AMQP_PORT, sasl: {}, origin: 'the defaults' }
}

function fromUrl(settings: EndpointSettings): RouterEndpoint {
  const { protocol, hostname, port } = new URL(settings.url)
  const isSecure = protocol === 'amqps:'
  const endpoint: RouterEndpoint = {
    host: bareHost(hostname),
    port: port === '' ? (isSecure ? AMQPS_PORT : AMQP_PORT) : Number(port),
    sasl: toSasl(settings.sasl),
    origin: 'amqp.url',
  }
  if (isSecure) endpoint.tls = toTls(settings.tls)
  return endpoint
}

function toTls({ caFile, certificateFile, keyFile, verify, serverName }: EndpointSettings['tls']): TlsFiles {
  const tls: TlsFiles = { verify }
  if (caFile !== '') tls.caFile = caFile
  if (certificateFile !== '') tls.certificateFile = certificateFile
  if (keyFile !== '') tls.keyFile = keyFile
  if (serverName !== '') tls.serverName = serverName
  return tls
}

function toSasl({ mechanisms, user, passwordFile }: EndpointSettings['sasl']): SaslSettings {
  const sasl: SaslSettings = {}
  if (mechanisms.length > 0) sasl.mechanisms = mechanisms
  if (user !== '') sasl.user = user
  if (passwordFile !== '') sasl.password = { file: passwordFile }
  return sasl
}
