import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../../test/support/test-folder.ts'
import { formatProblem, parseConfiguration } from '../../common/index.ts'
import {
  effectiveFlowdValues,
  FLOWD_CONFIGURATION,
  loadFlowdConfiguration,
  loadFlowdConfigurationOrDefaults,
} from './configuration.ts'
import { DEPRECATED_KEYS } from './deprecated-keys.ts'

const folder = testFolder()

function load(text: string, name = 'flowd.yaml') {
  const conf = join(folder, name)
  writeFileSync(conf, text)
  return loadFlowdConfiguration({ conf, calledAsFlowdGo: false })
}

/** The warnings of a text, without the file's name. */
function warningsOf(text: string): string[] {
  return load(text).warnings.map(warning => formatProblem(warning).replace(/^.*\.yaml:\d+:\d+: /, ''))
}

describe("flowd's configuration", () => {
  it('has a default for every key, and all units off', () => {
    const { values } = load('')
    expect(values).toMatchObject({ pidPath: '/run/tidemark/flowd.pid', workDir: '/var/lib/tidemark/flowd' })
    expect(values.plugins).toBeUndefined()
  })

  it("says of Python flowd's file what it is", () => {
    const text = "PLUGIN = 'np_api'\r\nBACKEND='udp_firefly'\r\n"
    expect(() => load(text, 'flowd.cfg')).toThrow(/flowd\.cfg is a configuration of Python flowd/)
    expect(() => load('plugins')).toThrow(/expected keys and values/)
  })

  it("gives every unit's key a default, a description, and so a row of the reference", () => {
    const loaded = load('plugins: {namedPipe: {}}')
    const rows = effectiveFlowdValues(loaded).filter(row => row.key.startsWith('plugins.namedPipe.'))
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.every(row => row.value !== undefined && row.origin === 'default')).toBe(true)
  })

  it("takes flowd-go's defaults when the file says so, for units too", () => {
    const { values } = load('compatibility: flowd-go\nplugins: {namedPipe: {}}')
    expect(values).toMatchObject({ pidPath: '/var/run/flowd-go.pid', plugins: { namedPipe: { pipePath: 'np' } } })
  })

  it("shows that flowd-go's defaults hold when they are implied", () => {
    const conf = join(folder, 'implied.yaml')
    writeFileSync(conf, '')
    const rows = effectiveFlowdValues(loadFlowdConfiguration({ conf, calledAsFlowdGo: true }))
    expect(rows[0]).toEqual({ key: 'compatibility', value: 'flowd-go', text: "'flowd-go'", origin: 'implied' })
  })

  it('says of keys of flowd-go that they have no effect', () => {
    expect(warningsOf('plugins: {namedPipe: {maxReaders: 5, buffSize: 1000}}\nbackends: {firefly: {}}')).toEqual([
      expect.stringMatching(/^plugins\.namedPipe\.maxReaders: has no effect/) as string,
      expect.stringMatching(/^plugins\.namedPipe\.buffSize: has no effect/) as string,
    ])
  })

  it('understands the test file of flowd-go: an old plugin name and the old STUN list', () => {
    const loaded = load(
      'pidPath: ./x.pid\nstunServers: ["stun:a:1"]\nplugins: {np: {pipePath: /y}}\nbackends: {firefly: {}}\n',
    )
    expect(loaded.values.plugins?.namedPipe?.pipePath).toBe('/y')
    expect(loaded.warnings.map(warning => warning.key)).toEqual(['plugins.np', 'stunServers'])
  })

  it('does without a file only for commands that look for the daemon, and only when none was named', () => {
    const missing = { conf: join(folder, 'missing.yaml'), calledAsFlowdGo: false }
    expect(() => loadFlowdConfiguration(missing)).toThrow('no configuration file')
    expect(() => loadFlowdConfigurationOrDefaults(missing)).toThrow('no configuration file')
  })
})

describe('values of flowd-go', () => {
  const api = (text: string) => load(`plugins: {api: ${text}}`).values.plugins?.api

  it('V98: strategies are read in any case, old ones keep their meaning', () => {
    const strategy = (name: string) => load(`backends: {marker: {markingStrategy: ${name}}}`).values.backends?.marker
    expect(strategy('HOPBYHOP')?.markingStrategy).toBe('hopByHop')
    expect(strategy('flowLabel')?.markingStrategy).toBe('label')
    expect(() => strategy('other')).toThrow('markingStrategy')
  })

  it('V99: a port is in its range, may be quoted, and an empty section is off', () => {
    expect(() => api('{bindPort: 70000}')).toThrow('plugins.api.bindPort')
    expect(api('{bindPort: "7777"}')?.bindPort).toBe(7777)
    expect(api('')).toBeUndefined()
  })

  it('V100: a buffer for fireflies has at least 2048 bytes', () => {
    const firefly = (text: string) => load(`plugins: {firefly: ${text}}`).values.plugins?.firefly
    expect(() => firefly('{bufferSize: 2047}')).toThrow('plugins.firefly.bufferSize')
    expect(firefly('{bufferSize: 2048}')?.bufferSize).toBe(2048)
  })
})

describe('odd values with which flowd-go starts', () => {
  it.each([
    'enrichers: {period: 1000.7}',
    "plugins: {api: {bindAddress: '[::1]', bindPort: 0}}",
    'plugins: {api: {bindPort: 7777.9}}',
    'plugins: {namedPipe: {maxReaders: 0, buffSize: 0}}',
    'backends: {marker: {targetInterfaces: [], discoverInterfaces: true}}',
    'backends: {marker: {targetInterfaces: []}}',
    'backends: {firefly: {stun: {stunServers: []}}}',
    "backends: {firefly: {stun: {stunServers: [a.example, '[2001:db8::1]', 'stun:b.example:19305']}}}",
    "backends: {firefly: {enrichmentMode: ''}}",
    'backends: {prometheus: {netlinkPort: 0, skopsPort: 0}}',
    'enrichers: {netlink: {protocol: 255, ext: 0, state: 4294967295}}',
    "enrichers: {skops: {cgroupPath: '', strategy: POLL}}",
    "{pidPath: '', workDir: ''}",
  ])('are taken: %s', text => {
    expect(() => load(text)).not.toThrow()
  })

  const page = readFileSync('docs/reference/differences.md', 'utf8')
  it.each([
    ['enrichers: {period: 0}', '`enrichers.period` of 0 or less'],
    ["backends: {firefly: {collectorAddress: ''}}", 'an empty `collectorAddress`'],
    ["plugins: {namedPipe: {pipePath: ''}}", '`pipePath`'],
    ["plugins: {api: {bindAddress: ''}}", 'or `bindAddress` is taken'],
    ['plugins: {iperf3: {minSourcePort: -1}}', 'the ports of the plugin iperf3'],
    ['plugins: {iperf3: {minSourcePort: 6000, maxSourcePort: 5000}}', 'a least port of the plugin iperf3'],
    ['backends: {firefly: {collectorPort: 0}}', '`collectorPort` up to any number, `destinationPort` 0'],
    ['plugins: {perfsonar: {activityId: 70000}}', 'ids of `perfsonar` are any numbers'],
  ])('or are refused, which the differences say: %s', (text, row) => {
    expect(() => load(text)).toThrow()
    expect(page).toContain(row)
  })
})

describe('old keys', () => {
  /** What a version 2.2 file means now, with every unit supported. */
  function translate(text: string) {
    return parseConfiguration(FLOWD_CONFIGURATION, text, 'conf.json', { deprecated: DEPRECATED_KEYS })
  }

  it.each([
    ['backends: {ebpf: {}}', 'backends.ebpf'],
    ['backends: {marker: {forceHookRemoval: true}}', 'backends.marker.forceHookRemoval'],
    ['backends: {marker: {markingStrategy: flowLabel}}', 'backends.marker.markingStrategy'],
    ['backends: {marker: {markingStrategy: flowLabelMatchAll}}', 'backends.marker.markingStrategy'],
    ['backends: {firefly: {fireflyDestinationPort: 1}}', 'backends.firefly.fireflyDestinationPort'],
    ['backends: {firefly: {addNetlinkContext: true}}', 'backends.firefly.addNetlinkContext'],
    ['backends: {firefly: {pollNetlink: true}}', 'backends.firefly.pollNetlink'],
    ['backends: {firefly: {netlinkPollingInterval: 5000}}', 'backends.firefly.netlinkPollingInterval'],
    ['backends: {firefly: {enrichmentMode: verbose}}', 'backends.firefly.enrichmentMode'],
    ['backends: {firefly: {enrichmentMode: ""}}', 'backends.firefly.enrichmentMode'],
    ['plugins: {fireflyp: {}}', 'plugins.fireflyp'],
    ['plugins: {perfsonar: {activityID: 2}}', 'plugins.perfsonar.activityID'],
    ['plugins: {iperf3: {activityIds: [1]}}', 'plugins.iperf3.activityIds'],
    ['backends: {ebpf: {RemoveQdisc: true}}', 'backends.ebpf', 'backends.marker.RemoveQdisc'],
    ['backends: {marker: {ForceHookRemoval: true}}', 'backends.marker.forceHookRemoval'],
    ['backends: {marker: {targetInterface: eno1}}', 'backends.marker.targetInterface'],
    ['backends: {firefly: {periodicFireflies: false}}', 'backends.firefly.periodicFireflies'],
    ['backends: {firefly: {period: 1000}}', 'backends.firefly.period'],
    ['backends: {firefly: {enrichmentVerbosity: lean}}', 'backends.firefly.enrichmentVerbosity'],
    ['backends: {firefly: {enrichmentVerbosity: ""}}', 'backends.firefly.enrichmentVerbosity'],
    ['backends: {firefly: {pollBPF: true}}', 'backends.firefly.pollBPF'],
    ['backends: {firefly: {addBPFContext: true}}', 'backends.firefly.addBPFContext'],
    ['backends: {firefly: {skOpsAddBPFContext: true}}', 'backends.firefly.skOpsAddBPFContext'],
    ['backends: {firefly: {skOpsCgroupPath: /}}', 'backends.firefly.skOpsCgroupPath'],
    ['backends: {firefly: {debugMode: true}}', 'backends.firefly.debugMode'],
    ['backends: {firefly: {netlink: {ext: 2}}}', 'backends.firefly.netlink'],
    ['backends: {firefly: {skops: {}}}', 'backends.firefly.skops'],
    ['defaultBackend: none', 'defaultBackend'],
  ])('%s is told of, once', (text, ...keys) => {
    expect(translate(text).warnings.map(warning => warning.key)).toEqual(keys)
  })

  it.each([
    ['lean', 'lean'],
    ['LEAN', 'lean'],
    ['Compatible', 'compatible'],
    ['full', 'full'],
    ["''", 'full'],
    ['verbose', 'full'],
    ['5', 'full'],
  ])('the mode %s of enrichment is %s', (written, meant) => {
    for (const key of ['enrichmentMode', 'enrichmentVerbosity']) {
      const { values } = translate(`backends: {firefly: {${key}: ${written}}}`)
      expect(values).toMatchObject({ backends: { firefly: { enrichmentMode: meant } } })
    }
  })

  it.each([
    ['pollNetlink: true', { period: 5000, enrich: true }],
    ['pollNetlink: true, netlinkPollingInterval: 2000', { period: 2000, enrich: true }],
    ['pollNetlink: true, addNetlinkContext: false', { period: 5000, enrich: false }],
  ])('%s turns on the enricher netlink', (keys, { period, enrich }) => {
    const { values } = translate(`backends: {firefly: {${keys}}}`)
    expect(values.enrichers).toEqual({ period, netlink: { protocol: 6, ext: 255, state: 3071 } })
    expect(values.backends?.firefly?.enrich).toBe(enrich)
  })

  const NETLINK = { protocol: 6, ext: 255, state: 3071 }
  it.each([
    ['periodicFireflies: true', { enrich: true, netlink: NETLINK, skops: false, period: 1000 }],
    ['periodicFireflies: true, period: 500', { enrich: true, netlink: NETLINK, skops: false, period: 500 }],
    ['addBPFContext: true, periodicFireflies: true', { enrich: true, netlink: NETLINK, skops: true, period: 1000 }],
    [
      'addNetlinkContext: false, skOpsAddBPFContext: true, periodicFireflies: true',
      { enrich: true, netlink: undefined, skops: true, period: 1000 },
    ],
    [
      'periodicFireflies: true, skops: {strategy: transition}',
      { enrich: true, netlink: undefined, skops: true, period: 1000 },
    ],
    [
      'periodicFireflies: true, netlink: {ext: 2}',
      { enrich: true, netlink: { ...NETLINK, ext: 2 }, skops: false, period: 1000 },
    ],
    ['pollBPF: true', { enrich: true, netlink: undefined, skops: true, period: 1000 }],
    ['pollBPF: false', { enrich: false, netlink: undefined, skops: false, period: undefined }],
    ['addBPFContext: true', { enrich: false, netlink: undefined, skops: false, period: undefined }],
    [
      'periodicFireflies: false, addNetlinkContext: true',
      { enrich: false, netlink: undefined, skops: false, period: undefined },
    ],
  ])('%s has fireflies tell what it did', (keys, { enrich, netlink, skops, period }) => {
    const { enrichers, backends } = translate(`backends: {firefly: {${keys}}}`).values
    expect(backends?.firefly?.enrich).toBe(enrich)
    expect(enrichers?.netlink).toEqual(netlink)
    expect(enrichers?.skops !== undefined).toBe(skops)
    expect(enrichers?.period).toBe(period)
  })

  it('takes the interface of the first versions, which had one', () => {
    const marker = (text: string) => translate(`backends: {ebpf: {${text}}}`).values.backends?.marker
    expect(marker('targetInterface: eno1')?.targetInterfaces).toEqual(['eno1'])
    expect(marker('targetInterface: eno1, targetInterfaces: [eno2]')?.targetInterfaces).toEqual(['eno2'])
  })

  it('pollNetlink: false turns nothing on, and a section that the file has wins', () => {
    expect(translate('backends: {firefly: {pollNetlink: false}}').values.enrichers).toBeUndefined()
    const both = 'backends: {firefly: {pollNetlink: true}}\nenrichers: {period: 100, netlink: {ext: 2}}'
    expect(translate(both).values.enrichers).toMatchObject({ period: 100, netlink: { ext: 2 } })
  })

  it('reads the receivers of fireflies as flowd-go has them, and names what is wrong with one', () => {
    const receivers = (list: string) => translate(`plugins: {fireflyp: {fireflyReceivers: [${list}]}}`)
    const { values } = receivers('{address: a.example, port: 1}, {address: 192.0.2.1}')
    expect(values.plugins?.firefly?.fireflyReceivers).toEqual([
      { address: 'a.example', port: 1 },
      { address: '192.0.2.1', port: 10_514 },
    ])
    expect(() => receivers('{port: 1}')).toThrow('fireflyReceivers[0].address: is missing')
    expect(() => receivers('{address: x, port: 0}')).toThrow('fireflyReceivers[0].port')
  })

  it.each([
    ['flowLabelMatchAll', { markingStrategy: 'label', matchAll: true }],
    ['hopByHopHeader', { markingStrategy: 'hopByHop', matchAll: false }],
    ['destinationHeader', { markingStrategy: 'destination', matchAll: false }],
    ['hopByHopDestHeaders', { markingStrategy: 'hopByHopDestination', matchAll: false }],
    ['hopByHopAndDestination', { markingStrategy: 'hopByHopDestination', matchAll: false }],
    ['HOPBYHOP', { markingStrategy: 'hopByHop', matchAll: false }],
  ])('the strategy %s keeps its meaning', (markingStrategy, meaning) => {
    const { values } = translate(`backends: {marker: {markingStrategy: ${markingStrategy}}}`)
    expect(values.backends?.marker).toMatchObject(meaning)
  })

  it('leaves the present strategies alone', () => {
    const keys = translate('backends: {marker: {markingStrategy: label}}').warnings.map(warning => warning.key)
    expect(keys).not.toContain('backends.marker.markingStrategy')
  })
})
