import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadFlowdConfiguration } from '../configuration/index.ts'
import { convertPythonConfiguration, formatConversionWarning } from './convert.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-converted-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const conf = join(folder, 'flowd.yaml')

/** The result as a tree, once it has passed the check of configurations. */
function converted(text: string): { result: unknown; warnings: string[] } {
  const { yaml, warnings } = convertPythonConfiguration(text)
  writeFileSync(conf, yaml)
  loadFlowdConfiguration({ conf, calledAsFlowdGo: false })
  const notes = warnings.map(formatConversionWarning)
  for (const note of notes) expect(yaml).toContain(`# - ${note.replace(/[\p{Cc}\u{2028}\u{2029}]+/gu, ' ')}`.trimEnd())
  return { result: parse(yaml), warnings: notes }
}

const REGISTRY = "FLOW_MAP_API = 'https://scitags.org/api.json'\n"

describe('a configuration of Python flowd', () => {
  it.each<[string, string, object]>([
    [
      'the pipe, fireflies and marks',
      `${REGISTRY}PLUGIN='np_api'\nBACKEND='udp_firefly, ebpf'\nUDP_FIREFLY_DST="collector.example.org"\nNETWORK_INTERFACE='eno1,eno2'\nIP_DISCOVERY_ENABLED=True\n`,
      {
        registry: { source: 'https://scitags.org/api.json' },
        plugins: { namedPipe: { pipePath: '/var/run/flowd', mode: '0666' } },
        backends: {
          firefly: {
            sendToCollector: true,
            collectorAddress: 'collector.example.org',
            collectorPort: 10_514,
            stun: { stunServers: ['stun.l.google.com:19305', 'stun.services.mozilla.org:3478'] },
          },
          marker: { targetInterfaces: ['eno1', 'eno2'] },
        },
      },
    ],
    [
      'connections by netstat',
      "PLUGIN='netstat'\nBACKEND='ebpf'\nNETSTAT_EXPERIMENT='atlas'\nNETSTAT_ACTIVITY='Production Input'\nNETSTAT_INTERNAL_NETWORKS=('192.0.2.0/24', '2001:db8::/32')\n",
      {
        plugins: {
          netlink: {
            internalNetworks: ['192.0.2.0/24', '2001:db8::/32'],
            rules: [{ protocol: 'tcp', experiment: 'atlas', activity: 'Production Input' }],
          },
        },
        backends: { marker: { discoverInterfaces: true } },
      },
    ],
    [
      'connections by netlink, with statistics',
      "PLUGIN='netlink'\nBACKEND='udp_firefly'\nUDP_FIREFLY_NETLINK=True\nUDP_FIREFLY_IP4_SRC='192.0.2.1'\nUDP_FIREFLY_IP6_SRC='2001:db8::1'\nNETLINK_EXPERIMENT=2\n",
      {
        plugins: { netlink: { rules: [{ protocol: 'tcp', experiment: 2, activity: 0 }] } },
        backends: {
          firefly: {
            sourceIpv4: '192.0.2.1',
            sourceIpv6: '2001:db8::1',
            enrich: true,
            enrichmentMode: 'compatible',
          },
        },
        enrichers: { netlink: {} },
      },
    ],
    [
      'fireflies in, Prometheus out',
      "PLUGIN='firefly'\nBACKEND='prometheus'\nFIREFLY_LISTENER_HOST='::'\nFIREFLY_LISTENER_PORT=10515\nPROMETHEUS_SRV_PORT=9001\n",
      {
        plugins: { firefly: { bindAddress: '::', bindPort: 10_515 } },
        backends: {
          prometheus: {
            bindAddress: '0.0.0.0',
            access: 'open',
            legacyNames: true,
            netlinkPort: 9001,
            skopsPort: 0,
          },
        },
        enrichers: { netlink: {} },
      },
    ],
    [
      'iperf',
      "PLUGIN='iperf'\nBACKEND='ebpf'\n",
      {
        plugins: {
          iperf3: {
            randomIDs: true,
            experimentIDs: [2, 2, 3, 3, 4, 4, 5, 5],
            activityIDs: [9, 19, 3, 4, 3, 4, 10, 14],
          },
        },
        backends: { marker: { discoverInterfaces: true } },
      },
    ],
    [
      'iperf in turn',
      "PLUGIN='iperf_rr'\nBACKEND='ebpf'\n",
      {
        plugins: {
          iperf3: {
            minSourcePort: 5201,
            maxSourcePort: 5299,
            experimentIDs: [2, 2, 3, 3, 4, 4, 5, 5],
            activityIDs: [19, 19, 3, 3, 3, 3, 10, 10],
          },
        },
        backends: { marker: { discoverInterfaces: true } },
      },
    ],
  ])('is carried over: %s', (_name, text, result) => {
    expect(converted(text).result).toEqual(result)
  })

  it.each<[string, string[]]>([
    ['PLUGIN="iperf"', ['BACKEND is not set']],
    ['BACKEND="ebpf"', ['PLUGIN is not set']],
    ['PLUGIN="np"\nBACKEND="udp"', ['line 1: PLUGIN names "np"', 'line 2: BACKEND names "udp"']],
    ['PLUGIN="__proto__"\nBACKEND="dummy"', ['line 1: PLUGIN names "__proto__"', "line 2: BACKEND names 'dummy'"]],
    [
      'PLUGIN="iperf"\nBACKEND="udp_firefly"\nUDP_FIREFLY_IP4_SRC="::1"\nUDP_FIREFLY_DST=["x"]',
      [
        'line 3: UDP_FIREFLY_IP4_SRC is "::1", expected an IPv4 address',
        'line 4: UDP_FIREFLY_DST is ["x"], expected a host',
      ],
    ],
    [
      'import os\nPLUGIN="iperf"\nBACKEND="ebpf"\nNETWORK_INTERFACE=os.environ["NIC"]',
      ['line 1: what stands there is no assignment', 'line 4: NETWORK_INTERFACE is computed'],
    ],
    // What cannot be read is not taken for what was never said.
    ['PLUGIN=f"{x}"\nBACKEND=names[0]', ['line 1: PLUGIN is put together', 'line 2: BACKEND is computed']],
    [
      'PLUGIN="netstat"\nBACKEND="ebpf"\nNETSTAT_INTERNAL_NETWORKS="10.0.0.0/8 x"',
      ['NETSTAT_EXPERIMENT says no experiment', 'line 3: NETSTAT_INTERNAL_NETWORKS names "x", which is no network'],
    ],
    [
      'PLUGIN="netlink"\nBACKEND="ebpf"\nNETLINK_EXPERIMENT="atlas"\nNETLINK_ACTIVITY="cooking"',
      ['line 4: NETLINK_ACTIVITY is neither a number nor the name of an activity of atlas'],
    ],
    [
      'PLUGIN="iperf"\nBACKEND="ebpf"\nIPERF_FLOW_ID=1\nNETSTAT_ACTIVITY=1\nFOO=1\nFLOW_MAP_API="api"',
      [
        'line 3: IPERF_FLOW_ID has no effect in Python flowd either',
        'line 4: NETSTAT_ACTIVITY belongs to a plugin or backend that is not on',
        'line 5: FOO is no option of Python flowd',
        'line 6: FLOW_MAP_API is "api", which is no URL',
      ],
    ],
  ])('warns of what it cannot carry over: %j', (text, warnings) => {
    const said = converted(text).warnings
    expect(said).toHaveLength(warnings.length)
    for (const [index, warning] of warnings.entries()) expect(said[index]?.startsWith(warning)).toBe(true)
  })

  it('never fails, and what comes out passes the check', () => {
    const option = fc.constantFrom(
      ...['PLUGIN', 'BACKEND', 'FLOW_MAP_API', 'NETSTAT_EXPERIMENT', 'NETSTAT_ACTIVITY', 'NETSTAT_INTERNAL_NETWORKS'],
      ...['UDP_FIREFLY_DST', 'NETWORK_INTERFACE', 'PROMETHEUS_SRV_PORT', 'FIREFLY_LISTENER_HOST', 'X', '__proto__'],
    )
    const piece = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom("'np_api'", "'netstat'", "'firefly'", "'udp_firefly,ebpf,prometheus'") },
      { weight: 2, arbitrary: fc.string({ unit: 'binary' }).map(text => JSON.stringify(text)) },
      {
        weight: 2,
        arbitrary: fc.constantFrom('(', ')', '[', ']', '{', '}', ',', ':', '=', '\\\n', "'", '"""', '#', '\n', ' '),
      },
      fc.oneof(fc.integer(), fc.double()).map(String),
      fc.string(),
    )
    const value = fc.oneof(
      piece,
      fc.array(piece, { maxLength: 8 }).map(pieces => pieces.join(' ')),
    )
    const statement = fc.tuple(option, value).map(([name, text]) => `${name} = ${text}`)
    const file = fc.oneof(
      fc.array(statement, { maxLength: 8 }).map(lines => lines.join('\n')),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(file, text => void converted(text)),
      { numRuns: 3000 },
    )
    // As long as a busy machine needs for 3000 files.
  }, 60_000)
})
