import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { messageOf, TidemarkError } from '../../common/index.ts'
import { AMQP_PORT, AMQPS_PORT, type RouterEndpoint, type SaslSettings, type TlsFiles } from './endpoint.ts'

/**
 * The connection file that Qpid Proton and rhea share, and that Skupper writes into the secret
 * `skupper-local-client`. Other keys are allowed and ignored, as those clients do.
 */
const ConnectJson = Type.Object({
  scheme: Type.Optional(Type.Union([Type.Literal('amqp'), Type.Literal('amqps')])),
  host: Type.Optional(Type.String({ minLength: 1 })),
  port: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 65535 }), Type.String({ minLength: 1 })])),
  user: Type.Optional(Type.String()),
  password: Type.Optional(Type.String()),
  sasl_mechanisms: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
  sasl: Type.Optional(
    Type.Object({
      enabled: Type.Optional(Type.Boolean()),
      mechanisms: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
    }),
  ),
  verify: Type.Optional(Type.Boolean()),
  tls: Type.Optional(
    Type.Object({
      ca: Type.Optional(Type.String()),
      cert: Type.Optional(Type.String()),
      key: Type.Optional(Type.String()),
      verify: Type.Optional(Type.Boolean()),
    }),
  ),
})
type ConnectJson = Static<typeof ConnectJson>

/** Where a process looks for connect.json. */
export interface SearchContext {
  /** The value of MESSAGING_CONNECT_FILE: when set, the only place. */
  connectFile: string | undefined
  workingFolder: string
  homeFolder: string
}

/**
 * Finds connect.json as Proton and rhea do: `$MESSAGING_CONNECT_FILE`, else the first that exists of
 * `./connect.json`, `~/.config/messaging/connect.json` and `/etc/messaging/connect.json`.
 *
 * @returns its path; undefined when there is none
 */
export function findConnectJson(context: SearchContext): string | undefined {
  if (context.connectFile !== undefined && context.connectFile !== '') return context.connectFile
  const folders = [context.workingFolder, join(context.homeFolder, '.config/messaging'), '/etc/messaging']
  return folders.map(folder => join(folder, 'connect.json')).find(existsSync)
}

/**
 * Reads a connect.json; relative paths of certificates in it are the process's, as for Proton and rhea.
 *
 * @throws TidemarkError CONFIG_UNREADABLE, CONNECT_JSON_INVALID
 */
export function readConnectJson(file: string): RouterEndpoint {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new TidemarkError('CONFIG_UNREADABLE', { file, reason: messageOf(error) }, error)
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new TidemarkError('CONNECT_JSON_INVALID', { file, problem: messageOf(error) }, error)
  }
  if (!Value.Check(ConnectJson, parsed)) {
    const problem = Value.Errors(ConnectJson, parsed)
      .map(error => `${error.instancePath === '' ? 'the file' : error.instancePath.slice(1)} ${error.message}`)
      .join('; ')
    throw new TidemarkError('CONNECT_JSON_INVALID', { file, problem })
  }
  return toEndpoint(parsed, file)
}

function toEndpoint(json: ConnectJson, file: string): RouterEndpoint {
  const secure = json.scheme === 'amqps'
  const endpoint: RouterEndpoint = {
    host: json.host ?? 'localhost',
    port: toPort(json.port, secure, file),
    sasl: toSasl(json),
    origin: file,
  }
  if (secure) endpoint.tls = toTls(json)
  return endpoint
}

function toPort(port: number | string | undefined, secure: boolean, file: string): number {
  if (port === undefined) return secure ? AMQPS_PORT : AMQP_PORT
  if (port === 'amqp') return AMQP_PORT
  if (port === 'amqps') return AMQPS_PORT
  const value = Number(port)
  if (Number.isInteger(value) && value >= 1 && value <= 65535) return value
  throw new TidemarkError('CONNECT_JSON_INVALID', { file, problem: `port '${port}' is neither a number nor a name` })
}

function toSasl(json: ConnectJson): SaslSettings {
  const listed = json.sasl_mechanisms ?? json.sasl?.mechanisms
  const sasl: SaslSettings = {}
  if (json.sasl?.enabled === false) sasl.mechanisms = []
  else if (listed !== undefined) sasl.mechanisms = typeof listed === 'string' ? listed.split(/[\s,]+/) : listed
  if (json.user !== undefined) sasl.user = json.user
  if (json.password !== undefined) sasl.password = { value: json.password }
  return sasl
}

function toTls(json: ConnectJson): TlsFiles {
  const tls: TlsFiles = { verify: json.verify !== false && json.tls?.verify !== false }
  if (json.tls?.ca !== undefined) tls.caFile = json.tls.ca
  if (json.tls?.cert !== undefined) tls.certificateFile = json.tls.cert
  if (json.tls?.key !== undefined) tls.keyFile = json.tls.key
  return tls
}
