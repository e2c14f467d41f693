/** A section of a configuration, its values by key. */
type Section = Readonly<Record<string, unknown>>

/** How a field of flowd-go's structures is filled from our section. */
type Field = (section: Section, enrichers: Section) => unknown

/** flowd-go's name of each field → what fills it, in flowd-go's order. */
type Fields = Readonly<Record<string, Field>>

/** A value of ours; where we have no such key, what flowd-go has by default. */
const value =
  (key: string, fallback: unknown): Field =>
  section =>
    section[key] ?? fallback

/** The place of a choice among flowd-go's constants. */
const choice =
  (key: string, choices: readonly string[]): Field =>
  section =>
    Math.max(
      0,
      choices.findIndex(name => name.toLowerCase() === String(section[key]).toLowerCase()),
    )

const STRATEGIES = ['label', 'hopByHop', 'destination', 'hopByHopDestination']

const PLUGINS: Readonly<Record<string, readonly [key: string, fields: Fields]>> = {
  Np: [
    'namedPipe',
    { MaxReaders: value('maxReaders', 5), BuffSize: value('buffSize', 1000), PipePath: value('pipePath', 'np') },
  ],
  Firefly: [
    'firefly',
    {
      BindAddress: value('bindAddress', '127.0.0.1'),
      BindPort: value('bindPort', 10_514),
      BufferSize: value('bufferSize', 4096),
      Deadline: value('deadline', 0),
      HasSyslogHeader: value('hasSyslogHeader', false),
    },
  ],
  Api: ['api', { BindAddress: value('bindAddress', '127.0.0.1'), BindPort: value('bindPort', 7777) }],
  Perfsonar: ['perfsonar', { ExperimentId: value('experimentId', 0), ActivityId: value('activityId', 0) }],
  Iperf3: [
    'iperf3',
    {
      MinSourcePort: value('minSourcePort', 0),
      MaxSourcePort: value('maxSourcePort', 0),
      MinDestinationPort: value('minDestinationPort', 0),
      MaxDestinationPort: value('maxDestinationPort', 0),
      CgroupPath: value('cgroupPath', '/sys/fs/cgroup'),
      ProgramPath: value('programPath', ''),
      DebugMode: value('debugMode', false),
      RandomIDs: value('randomIDs', false),
      ActivityIDs: value('activityIDs', [0, 1, 2]),
      ExperimentIDs: value('experimentIDs', [0, 1, 2]),
    },
  ],
}

const BACKENDS: Readonly<Record<string, readonly [key: string, fields: Fields]>> = {
  Marker: [
    'marker',
    {
      TargetInterfaces: value('targetInterfaces', ['lo']),
      DiscoverInterfaces: value('discoverInterfaces', false),
      RemoveQdisc: value('removeQdisc', true),
      ProgramPath: value('programPath', ''),
      RawMarkingStrategy: value('markingStrategy', 'label'),
      MarkingStrategy: choice('markingStrategy', STRATEGIES),
      DebugMode: value('debugMode', false),
      MatchAll: value('matchAll', false),
    },
  ],
  Firefly: [
    'firefly',
    {
      DestinationPort: value('destinationPort', 10_514),
      PrependSyslog: value('prependSyslog', true),
      SendToCollector: value('sendToCollector', false),
      CollectorAddress: value('collectorAddress', '127.0.0.1'),
      CollectorPort: value('collectorPort', 10_514),
      Enrich: value('enrich', false),
      EnrichmentMode: value('enrichmentMode', 'lean'),
      Stun: section =>
        shape(section['stun'], { ManualMapping: value('manualMapping', null), StunServers: value('stunServers', []) }),
    },
  ],
  Prometheus: [
    'prometheus',
    {
      Log: value('log', true),
      BindAddress: value('bindAddress', '127.0.0.1'),
      NetlinkPort: value('netlinkPort', 8080),
      SkopsPort: value('skopsPort', 8081),
    },
  ],
}

const PERIOD_MS = 1000
const period: Field = (_section, enrichers) => enrichers['period'] ?? PERIOD_MS

const ENRICHERS: Fields = {
  Period: period,
  Netlink: enrichers =>
    shape(
      enrichers['netlink'],
      {
        Protocol: value('protocol', 6),
        Ext: value('ext', 255),
        State: value('state', 3071),
        CacheCapacity: () => 10,
        Period: period,
      },
      enrichers,
    ),
  SkOps: enrichers =>
    shape(
      enrichers['skops'],
      {
        PollingInterval: (_section, all) => Number(all['period'] ?? PERIOD_MS) * 1_000_000,
        CgroupPath: value('cgroupPath', '/sys/fs/cgroup'),
        ProgramPath: value('programPath', ''),
        Strategy: choice('strategy', ['poll', 'transition']),
        DebugMode: value('debugMode', false),
        CacheCapacity: () => 10,
        RawStrategy: value('strategy', 'Poll'),
      },
      enrichers,
    ),
}

/**
 * A configuration as flowd-go's `conf` prints it: the fields of its Go structures in their order, sections that are off
 * as null. Keys that flowd-go has and we do not show its defaults; keys of ours that it lacks are left out.
 */
export function toFlowdGoShape(configuration: object): object {
  const top = configuration as Section
  return {
    PidPath: top['pidPath'],
    WorkDir: top['workDir'],
    Plugins: shapeUnits(top['plugins'], PLUGINS),
    Backends: shapeUnits(top['backends'], BACKENDS),
    Enrichers: shape(top['enrichers'], ENRICHERS, top['enrichers']),
  }
}

function shapeUnits(sections: unknown, units: typeof PLUGINS): object | null {
  if (!isSection(sections)) return null
  return Object.fromEntries(Object.entries(units).map(([name, [key, fields]]) => [name, shape(sections[key], fields)]))
}

function shape(section: unknown, fields: Fields, enrichers: unknown = {}): object | null {
  if (!isSection(section)) return null
  return Object.fromEntries(
    Object.entries(fields).map(([name, fill]) => [name, fill(section, isSection(enrichers) ? enrichers : {})]),
  )
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null
}
