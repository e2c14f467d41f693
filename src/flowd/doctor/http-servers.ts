import { type ConfiguredServer, checkHttpServer, type Finding } from '../../checks/index.ts'
import type { FlowdConfiguration } from '../configuration/index.ts'
import type { HostCheck } from './host.ts'

/** The HTTP servers of the units that are turned on, one after the other: each is tried out for a moment. */
export const checkHttpServers: HostCheck = async ({ configuration }) => {
  const findings: Finding[] = []
  for (const server of httpServersOf(configuration)) findings.push(...(await checkHttpServer(server)))
  return findings
}

/** The addresses at which the configured units serve HTTP. */
export function httpServersOf({ plugins, backends }: FlowdConfiguration): ConfiguredServer[] {
  const servers: ConfiguredServer[] = []
  const add = (section: string, address: string, port: number, access: ConfiguredServer['access']) =>
    servers.push({ section, address, port, access })
  const { api } = plugins ?? {}
  if (api !== undefined) add('plugins.api', api.bindAddress, api.bindPort, api)
  const { prometheus } = backends ?? {}
  if (prometheus === undefined) return servers
  const { legacyNames, port, netlinkPort, skopsPort, bindAddress } = prometheus
  // Of the two ports of flowd-go, 0 means none.
  const ports = legacyNames ? [netlinkPort, skopsPort].filter(one => one !== 0) : [port]
  for (const one of ports) add('backends.prometheus', bindAddress, one, prometheus)
  return servers
}
