import { readFileSync } from 'node:fs'
import { type Finding, failed, ok } from '../../checks/index.ts'
import { ERRORS } from '../../common/index.ts'
import { type Capability, effectiveCapabilities } from '../../linux/index.ts'
import type { FlowdConfiguration } from '../configuration/index.ts'
import type { HostCheck } from './host.ts'
import { httpServersOf } from './http-servers.ts'

const FIRST_UNPRIVILEGED_PORT = '/proc/sys/net/ipv4/ip_unprivileged_port_start'

/** What this user may do, beside what the configured units ask for. */
export const checkCapabilities: HostCheck = ({ configuration, needs }) => {
  const held = effectiveCapabilities()
  const findings: Finding[] = []
  for (const [need, units] of needs) {
    if (!isCapability(need) || may(held, need)) continue
    findings.push(failed('capabilities', `${units.join(', ')} lacks ${need}`, ERRORS.CAPABILITY_MISSING.remedy))
  }
  const lowPorts = may(held, 'CAP_NET_BIND_SERVICE') ? [] : privilegedPorts(configuration)
  for (const [unit, port] of lowPorts) {
    const remedy = 'grant CAP_NET_BIND_SERVICE, choose a higher port, or lower net.ipv4.ip_unprivileged_port_start'
    findings.push(failed('capabilities', `${unit} lacks CAP_NET_BIND_SERVICE for port ${port}`, remedy))
  }
  if (findings.length > 0) return findings
  const names = held.size === 0 ? 'none of those that flowd knows' : [...held].join(', ')
  const asked = [...needs.keys()].filter(isCapability)
  const verdict = asked.length === 0 ? 'nothing that is configured needs one' : `${asked.join(', ')} suffice`
  return [ok('capabilities', `${names}; ${verdict}`)]
}

function isCapability(need: string): need is Capability {
  return need.startsWith('CAP_')
}

/** CAP_SYS_ADMIN stands in for the two that were split from it, as it does in the kernel. */
function may(held: ReadonlySet<Capability>, wanted: Capability): boolean {
  const isPartOfSysAdmin = wanted === 'CAP_BPF' || wanted === 'CAP_PERFMON'
  return held.has(wanted) || (isPartOfSysAdmin && held.has('CAP_SYS_ADMIN'))
}

/** The configured listeners on ports that not every user may open. */
function privilegedPorts(configuration: FlowdConfiguration): [unit: string, port: number][] {
  const first = Number(readFileSync(FIRST_UNPRIVILEGED_PORT, 'utf8'))
  const { firefly } = configuration.plugins ?? {}
  const listeners: [unit: string, port: number][] = [
    ...httpServersOf(configuration).map(({ section, port }): [string, number] => [section, port]),
    ...(firefly === undefined ? [] : [['plugins.firefly', firefly.bindPort] satisfies [string, number]]),
  ]
  // 0 takes any that is free.
  return listeners.filter(([, port]) => port > 0 && port < first)
}
