import { REGISTRY_SNAPSHOT, Registry } from '../../scitags/index.ts'
import { convertBackends } from './backends.ts'
import { convertPlugin } from './plugin.ts'
import { readAssignments } from './python/index.ts'
import { type ConversionWarning, PythonOptions } from './python-options.ts'
import { yamlComments, yamlText } from './yaml-text.ts'

/** Options that Python flowd's documents name and its code does not know. */
const NEVER_WORKED = new Set(['IPERF_FLOW_ID', 'IPERF_INTERNAL_NETWORKS'])
const OPTIONS = new Set([
  ...['PLUGIN', 'BACKEND', 'FLOW_MAP_API', 'IP_DISCOVERY_ENABLED', 'NETWORK_INTERFACE'],
  ...[
    'UDP_FIREFLY_DST',
    'UDP_FIREFLY_IP4_SRC',
    'UDP_FIREFLY_IP6_SRC',
    'UDP_FIREFLY_NETLINK',
    'UDP_FIREFLY_WITH_NETLINK',
  ],
  ...['NETSTAT_EXPERIMENT', 'NETSTAT_ACTIVITY', 'NETSTAT_INTERNAL_NETWORKS'],
  ...['NETLINK_EXPERIMENT', 'NETLINK_ACTIVITY', 'NETLINK_INTERNAL_NETWORKS'],
  ...['FIREFLY_LISTENER_HOST', 'FIREFLY_LISTENER_PORT', 'PROMETHEUS_SRV_PORT', 'PROMETHEUS_SS_PATH'],
])

export interface Conversion {
  /** Whether the text sets any option of Python flowd; else it is hardly one of its files. */
  recognised: boolean
  /** Our configuration, with the warnings as comments. */
  yaml: string
  warnings: readonly ConversionWarning[]
}

/**
 * Turns a configuration of Python flowd, which is a Python program, into one of ours without running it. Never throws:
 * what cannot be read or has no counterpart is a warning.
 */
export function convertPythonConfiguration(text: string): Conversion {
  const { assignments, unread } = readAssignments(text)
  const options = new PythonOptions(assignments, unread)
  const registry = registryUrl(options)
  const plugins = convertPlugin(options, registry === undefined ? new Registry(REGISTRY_SNAPSHOT) : undefined)
  const { backends, enrichers } = convertBackends(options)
  warnOfUnused(options)
  const sections = {
    registry: registry === undefined ? undefined : { source: registry },
    plugins: Object.keys(plugins).length === 0 ? undefined : plugins,
    backends: Object.keys(backends).length === 0 ? undefined : backends,
    enrichers,
  }
  const warnings = options.warnings.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0))
  const head = ["Converted from Python flowd's configuration by 'tidemark flowd convert'."]
  const notes = warnings.map(warning => formatConversionWarning(warning))
  if (notes.length > 0) head.push('', 'What was not carried over as it stood:', ...notes.map(note => `- ${note}`))
  const recognised = [...OPTIONS].some(option => options.has(option))
  return { recognised, yaml: yamlComments(head) + yamlText(sections), warnings }
}

/** Whether a text looks like a configuration of Python flowd, rather than one of ours with a mistake. */
export function isPythonFlowd(text: string): boolean {
  return /^(?:PLUGIN|BACKEND|FLOW_MAP_API)[ \t]*=/m.test(text)
}

/** A warning as one line: `line 3: …: what to do`. */
export function formatConversionWarning({ line, message, remedy }: ConversionWarning): string {
  return `${line === undefined ? '' : `line ${line}: `}${message}; ${remedy}`
}

function registryUrl(options: PythonOptions): string | undefined {
  const url = options.text('FLOW_MAP_API')
  if (url === undefined || /^https?:\/\/[^\s\p{Cc}]+$/u.test(url)) return url
  options.warn('FLOW_MAP_API', `is ${JSON.stringify(url)}, which is no URL`, 'the built-in registry is used')
  return undefined
}

function warnOfUnused(options: PythonOptions): void {
  for (const option of options.unused()) {
    if (NEVER_WORKED.has(option)) options.warn(option, 'has no effect in Python flowd either', 'it is left out')
    else if (OPTIONS.has(option))
      options.warn(option, 'belongs to a plugin or backend that is not on', 'it is left out')
    else
      options.warn(
        option,
        'is no option of Python flowd',
        'it is left out, as is right if it only helped to compute others',
      )
  }
}
