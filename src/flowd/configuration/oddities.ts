import {
  type ConfigurationProblem,
  type HttpAccessOptions,
  isTidemarkError,
  type LoadedConfiguration,
  missingGuards,
} from '../../common/index.ts'
import { accountId } from '../account.ts'

type HttpServer = HttpAccessOptions & { bindAddress: string }

/** The part of flowd's configuration that is looked at. */
interface Sections {
  plugins?: {
    api?: HttpServer
    firefly?: { fireflyReceivers: readonly unknown[] }
    namedPipe?: { owner: string; group: string }
    netlink?: { rules: readonly { user?: string }[] }
    perfsonar?: { experimentId: string | number }
  }
  backends?: {
    marker?: { discoverInterfaces: boolean; targetInterfaces: readonly string[] }
    firefly?: {
      sendToDestination: boolean
      sendToCollector: boolean
      collectorAddress: string
      collectors: readonly unknown[]
      enrich: boolean
    }
    prometheus?: HttpServer & { legacyNames: boolean }
  }
  enrichers?: object
}

type Loaded = LoadedConfiguration<Sections>

/** One thing that is valid and yet hardly what was meant. */
interface Oddity {
  key: string
  says: string
}

/**
 * Adds warnings about what no schema can refuse and yet does nothing, or less than it seems: keys that take effect only
 * with others, accounts that this host does not have, and a flowd that learns of nothing or does nothing.
 */
export function withOddities<Whole extends Loaded>(loaded: Whole): Whole {
  const found = [
    ...unitOddities(loaded),
    ...accountOddities(loaded),
    ...markerOddities(loaded),
    ...fireflyOddities(loaded),
    ...portOddities(loaded),
    ...accessOddities(loaded),
  ]
  const warnings = found.map(({ key, says }): ConfigurationProblem => {
    const origin = loaded.origins.get(key)
    const at = origin?.kind === 'file' ? { line: origin.line, column: 1 } : undefined
    return { file: loaded.file, at, key, message: says }
  })
  return { ...loaded, warnings: [...loaded.warnings, ...warnings] }
}

function* unitOddities({ values: { plugins = {}, backends = {} } }: Loaded): Generator<Oddity> {
  if (Object.keys(plugins).length === 0) {
    yield { key: 'plugins', says: "none is on: flowd learns of no flows but those of 'tidemark flowd send'" }
  }
  const relays = (plugins.firefly?.fireflyReceivers.length ?? 0) > 0
  if (Object.keys(backends).length === 0 && !relays) {
    yield { key: 'backends', says: 'none is on: flows are listed, and neither marked nor announced' }
  }
  if (plugins.perfsonar?.experimentId === 0) {
    yield { key: 'plugins.perfsonar.experimentId', says: 'is 0, which no experiment has: name yours, as atlas' }
  }
}

/** No error: the file may be checked on another host than the one that it is for. */
function* accountOddities({ values: { plugins = {} } }: Loaded): Generator<Oddity> {
  const { namedPipe, netlink } = plugins
  const named = [
    { key: 'plugins.namedPipe.owner', kind: 'user', name: namedPipe?.owner },
    { key: 'plugins.namedPipe.group', kind: 'group', name: namedPipe?.group },
    ...(netlink?.rules ?? []).map(({ user }, index) => {
      return { key: `plugins.netlink.rules[${index}].user`, kind: 'user', name: user } as const
    }),
  ] as const
  for (const { key, kind, name } of named) {
    const problem = name === undefined || name === '' ? undefined : accountProblem(kind, name)
    if (problem !== undefined) yield { key, says: `${problem}: make it, or give its number` }
  }
}

function accountProblem(kind: 'user' | 'group', name: string): string | undefined {
  try {
    accountId(kind, name)
    return undefined
  } catch (error) {
    if (isTidemarkError(error, 'ACCOUNT_UNKNOWN')) return error.message
    throw error
  }
}

function* markerOddities(loaded: Loaded): Generator<Oddity> {
  const { marker } = loaded.values.backends ?? {}
  if (marker === undefined) return
  const key = 'backends.marker.targetInterfaces'
  const isNamed = isGiven(loaded, key)
  const isEmpty = marker.targetInterfaces.length === 0
  if (marker.discoverInterfaces && isNamed && !isEmpty) yield { key, says: 'has no effect beside discoverInterfaces' }
  if (isEmpty && !marker.discoverInterfaces) {
    yield { key, says: 'is empty, so nothing is marked: name the interfaces by which transfers leave' }
  }
  if (!(marker.discoverInterfaces || isNamed)) {
    yield { key, says: 'is not set, so only lo is marked on: name the interfaces by which transfers leave' }
  }
}

function* fireflyOddities(loaded: Loaded): Generator<Oddity> {
  const { backends, enrichers = {} } = loaded.values
  if (backends?.firefly === undefined) return
  const { sendToDestination, sendToCollector, collectorAddress, collectors, enrich } = backends.firefly
  const section = 'backends.firefly'
  if (!(sendToDestination || sendToCollector) && collectors.length === 0) {
    yield { key: section, says: 'sends to nobody: name collectors, or leave sendToDestination on' }
  }
  if (!sendToCollector && collectorAddress !== '127.0.0.1') {
    yield { key: `${section}.collectorAddress`, says: 'has no effect without sendToCollector: true' }
  }
  if (enrich && Object.keys(enrichers).every(key => key === 'period')) {
    yield { key: `${section}.enrich`, says: 'has no statistics to send: turn an enricher on, as enrichers.netlink' }
  }
}

function* portOddities(loaded: Loaded): Generator<Oddity> {
  const { prometheus } = loaded.values.backends ?? {}
  if (prometheus === undefined) return
  const section = 'backends.prometheus'
  const [names, says] = prometheus.legacyNames
    ? [['port'], 'has no effect with legacyNames: netlinkPort and skopsPort are served']
    : [['netlinkPort', 'skopsPort'], 'has no effect without legacyNames: port is served']
  for (const name of names) {
    const key = `${section}.${name}`
    if (isGiven(loaded, key)) yield { key, says }
  }
}

/** A file of flowd-go says nothing of access, so its owner may not know who is let in. */
function* accessOddities(loaded: Loaded): Generator<Oddity> {
  const { plugins, backends } = loaded.values
  const servers = { 'plugins.api': plugins?.api, 'backends.prometheus': backends?.prometheus }
  for (const [section, server] of Object.entries(servers)) {
    if (server?.access !== 'open' || isGiven(loaded, `${section}.access`)) continue
    const missing = missingGuards(server.bindAddress, server)
    if (missing === undefined) continue
    const says = `lets in everyone who reaches ${server.bindAddress}, as flowd-go does, without ${missing}: set these, or ${section}.access: open if it is meant (docs/how-to/secure-the-api.md)`
    yield { key: `${section}.bindAddress`, says }
  }
}

function isGiven({ origins }: Loaded, key: string): boolean {
  const origin = origins.get(key)
  return origin !== undefined && origin.kind !== 'default'
}
