import type { PythonOptions } from './python-options.ts'
import type { YamlSection } from './yaml-text.ts'

/** What the backends come to: their sections, and whether something reads TCP statistics for them. */
export interface ConvertedBackends {
  backends: YamlSection
  enrichers: YamlSection | undefined
}

const DEFAULT_BACKEND = 'udp_firefly'
const FIREFLY_PORT = 10_514
/** The servers that Python flowd asks. */
const STUN_SERVERS = ['stun.l.google.com:19305', 'stun.services.mozilla.org:3478']
const PROMETHEUS_PORT = 9000

/** The sections of `backends` and `enrichers` that the option BACKEND means. */
export function convertBackends(options: PythonOptions): ConvertedBackends {
  if (!options.has('BACKEND'))
    options.warn('BACKEND', `is not set; ${DEFAULT_BACKEND} is taken`, 'check that fireflies are meant')
  const names = options.has('BACKEND') ? options.words('BACKEND') : [DEFAULT_BACKEND]
  const backends: Record<string, YamlSection> = {}
  let needsStatistics = false
  for (const name of new Set(names)) {
    if (name === 'udp_firefly') {
      backends['firefly'] = fireflySection(options)
      needsStatistics ||= backends['firefly']['enrich'] === true
    } else if (name === 'ebpf') backends['marker'] = markerSection(options)
    else if (name === 'prometheus') {
      backends['prometheus'] = prometheusSection(options)
      needsStatistics = true
    } else if (name === 'dummy') options.warn('BACKEND', "names 'dummy', which does nothing", 'it is left out')
    else {
      const message = `names ${JSON.stringify(name)}, which Python flowd does not have`
      options.warn('BACKEND', message, 'its backends are udp_firefly, ebpf and prometheus')
    }
  }
  return { backends, enrichers: needsStatistics ? { netlink: {} } : undefined }
}

function fireflySection(options: PythonOptions): YamlSection {
  const collector = options.host('UDP_FIREFLY_DST')
  const enrich = [options.isTrue('UDP_FIREFLY_NETLINK'), options.isTrue('UDP_FIREFLY_WITH_NETLINK')].includes(true)
  const sourceIpv4 = options.ipAddress('UDP_FIREFLY_IP4_SRC', 4)
  const sourceIpv6 = options.ipAddress('UDP_FIREFLY_IP6_SRC', 6)
  return {
    ...(collector === undefined
      ? {}
      : { sendToCollector: true, collectorAddress: collector, collectorPort: FIREFLY_PORT }),
    ...(sourceIpv4 === undefined ? {} : { sourceIpv4 }),
    ...(sourceIpv6 === undefined ? {} : { sourceIpv6 }),
    ...(enrich ? { enrich: true, enrichmentMode: 'compatible' } : {}),
    ...(options.isTrue('IP_DISCOVERY_ENABLED') ? { stun: { stunServers: STUN_SERVERS } } : {}),
  }
}

function markerSection(options: PythonOptions): YamlSection {
  const interfaces = options.words('NETWORK_INTERFACE')
  return interfaces.length === 0 ? { discoverInterfaces: true } : { targetInterfaces: interfaces }
}

function prometheusSection(options: PythonOptions): YamlSection {
  if (options.text('PROMETHEUS_SS_PATH') !== undefined) {
    options.warn(
      'PROMETHEUS_SS_PATH',
      'has no counterpart: statistics come from the kernel, no program is run',
      'it is left out',
    )
  }
  options.warn(
    'BACKEND',
    "names 'prometheus', which everybody may read",
    'keep access: open, or set tokenFile or bindAddress',
  )
  options.warn(
    'BACKEND',
    "names 'prometheus', whose times are in µs now and whose labels are ids",
    'adapt what reads them, or leave legacyNames out for our own names',
  )
  return {
    bindAddress: '0.0.0.0',
    access: 'open',
    legacyNames: true,
    netlinkPort: options.port('PROMETHEUS_SRV_PORT') ?? PROMETHEUS_PORT,
    skopsPort: 0,
  }
}
