import { complaintsOfIds } from '../events/index.ts'
import type { KnownNames } from '../unit.ts'
import type { PythonOptions } from './python-options.ts'
import type { YamlSection } from './yaml-text.ts'

/** What one plugin of Python flowd becomes: a section of `plugins`. */
type ConvertPlugin = (options: PythonOptions, known: KnownNames) => YamlSection

/** The pairs of experiment and activity that its traffic generators are tagged with. */
const IPERF_IDS = [
  [2, 9],
  [2, 19],
  [3, 3],
  [3, 4],
  [4, 3],
  [4, 4],
  [5, 10],
  [5, 14],
] as const
const IPERF_ROUND_ROBIN_IDS = [
  [2, 19],
  [2, 19],
  [3, 3],
  [3, 3],
  [4, 3],
  [4, 3],
  [5, 10],
  [5, 10],
] as const

const PLUGINS: Readonly<Record<string, ConvertPlugin>> = {
  np_api: options => {
    options.warn('PLUGIN', "'np_api' lets every user write to its pipe", 'keep mode 0666, or set 0620 and a group')
    return { namedPipe: { pipePath: '/var/run/flowd', mode: '0666' } }
  },
  firefly: options => ({
    firefly: {
      bindAddress: options.host('FIREFLY_LISTENER_HOST') ?? '0.0.0.0',
      bindPort: options.port('FIREFLY_LISTENER_PORT') ?? 10_514,
    },
  }),
  netstat: (options, known) => ({ netlink: taggedConnections(options, known, 'NETSTAT') }),
  netlink: (options, known) => ({ netlink: taggedConnections(options, known, 'NETLINK') }),
  iperf: () => ({ iperf3: { randomIDs: true, ...idLists(IPERF_IDS) } }),
  iperf_rr: () => ({ iperf3: { minSourcePort: 5201, maxSourcePort: 5299, ...idLists(IPERF_ROUND_ROBIN_IDS) } }),
}

/**
 * The sections of `plugins` that the option PLUGIN means.
 *
 * @param known the names that there are, where that is known without asking
 */
export function convertPlugin(options: PythonOptions, known: KnownNames): YamlSection {
  const name = options.text('PLUGIN')
  const convert = name !== undefined && Object.hasOwn(PLUGINS, name) ? PLUGINS[name] : undefined
  if (convert !== undefined) return convert(options, known)
  const names = Object.keys(PLUGINS).join(', ')
  if (!options.has('PLUGIN')) options.warn('PLUGIN', 'is not set', `flowd learns of no flows: name one of ${names}`)
  else if (name !== undefined)
    options.warn(
      'PLUGIN',
      `names ${JSON.stringify(name)}, which Python flowd does not have`,
      `its plugins are ${names}`,
    )
  return {}
}

/** Python flowd's watch of TCP connections, whose options begin with the plugin's name. */
function taggedConnections(options: PythonOptions, known: KnownNames, prefix: 'NETSTAT' | 'NETLINK'): YamlSection {
  const experiment = options.experiment(`${prefix}_EXPERIMENT`)
  const activity = options.activity(`${prefix}_ACTIVITY`) ?? 0
  const internalNetworks = options.networks(`${prefix}_INTERNAL_NETWORKS`)
  const ids = experiment === undefined ? undefined : { experiment, activity }
  if (ids === undefined) {
    options.warn(`${prefix}_EXPERIMENT`, 'says no experiment', 'add a rule: no connection is tagged without one')
  }
  const keys = { experiment: `${prefix}_EXPERIMENT`, activity: `${prefix}_ACTIVITY` }
  const complaints = ids === undefined ? [] : complaintsOfIds({ ...ids, keys }, known)
  for (const { key, message } of complaints) options.warn(key, message, 'add a rule with names that the registry has')
  return {
    internalNetworks: internalNetworks.length === 0 ? undefined : internalNetworks,
    // Python flowd looks at TCP only.
    rules: ids === undefined || complaints.length > 0 ? [] : [{ protocol: 'tcp', ...ids }],
  }
}

function idLists(pairs: readonly (readonly [experiment: number, activity: number])[]): YamlSection {
  return {
    experimentIDs: pairs.map(([experiment]) => experiment),
    activityIDs: pairs.map(([, activity]) => activity),
  }
}
