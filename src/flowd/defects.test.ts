import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** Where it is shown that a defect of flowd-go is none here: a test by its file and title. */
type Shown = readonly [file: string, title: string]

const MARKER = 'test/system/marker'
const FLOWD = 'test/system/flowd'
const SOCK_OPS = 'test/system/sock-ops'
const PLUGINS = 'src/flowd/plugins'
const BACKENDS = 'src/flowd/backends'
const CONFIGURATION = 'src/flowd/configuration/configuration.test.ts'
const PIPELINE = 'src/flowd/pipeline/pipeline.test.ts'
const SAMPLES = 'src/flowd/pipeline/samples.test.ts'
const FLOW_TABLE = 'src/flowd/flow-table/flow-table.test.ts'
const ENRICHMENT = `${BACKENDS}/firefly/enrichment/enrichment.test.ts`
const FIREFLY = `${BACKENDS}/firefly/firefly-backend.test.ts`
const PROMETHEUS = `${BACKENDS}/prometheus/prometheus-backend.test.ts`
const RECEIVED = `${PLUGINS}/firefly/received-event.test.ts`
const NAMED_PIPE = `${PLUGINS}/named-pipe/named-pipe.test.ts`
const NETLINK = 'src/flowd/enrichers/netlink/netlink-enricher.test.ts'
const SOCK_DIAG = 'src/linux/sock-diag/sock-diag.test.ts'
const MAPPING = 'src/flowd/addresses/address-mapping.test.ts'

/**
 * The runtime defects that flowd-go is known to have (48 were found in version 2.4.2), each in a few words, with what
 * shows the better behaviour. Numbers 45 to 48 are of its build, its tests and its log: see the differences.
 */
const DEFECTS: readonly [number: number, defect: string, ...shown: Shown[]][] = [
  [
    1,
    'a backend that fails leaves those before it behind',
    ['src/flowd/daemon/unit-set.test.ts', 'unwinds a failed first start'],
    ['src/common/lifecycle.test.ts', 'stops what was started when one fails'],
    [`${MARKER}/leaks.test.ts`, 'starts that fail leak nothing either'],
  ],
  [
    2,
    'start and end fireflies have no time',
    [FIREFLY, 'writes a header that collectors read, and JSON that conforms to the schema'],
    ['test/system/rsyslog.test.ts', 'reads every firefly in the mode %s, header and JSON'],
  ],
  [
    3,
    'statistics that nobody reads stop everything',
    [SAMPLES, 'tells samples to backends that want them'],
    [SAMPLES, 'drops samples, not ends, for a backend that falls behind'],
    [`${BACKENDS}/firefly/ongoing.test.ts`, 'wants no samples'],
  ],
  [
    4,
    'flows between two hosts are one to an enricher',
    [NETLINK, 'does not take another socket with the same 5-tuple'],
    ['src/flowd/enrichers/netlink/rounds.test.ts', 'find by %s every flow’s own socket, once, and none for others'],
    [`${SOCK_OPS}/skops.test.ts`, 'gives nothing of a connection to a flow that began after it'],
  ],
  [5, 'a label clears ECN', [`${MARKER}/packets.test.ts`, 'every traffic class 0-255 is preserved']],
  [
    6,
    'extension headers drop what has a VLAN tag',
    [`${MARKER}/vlan-wire.test.ts`, '%s: tags are on the wire as they were'],
    [`${MARKER}/extension-headers.test.ts`, 'three VLAN tags, one in metadata: passes untouched'],
  ],
  [7, 'fireflies of dCache and flowd are refused', [RECEIVED, 'takes %s'], [RECEIVED, 'refuses %s']],
  [8, 'a flow that comes to this host is not marked', [RECEIVED, 'a flow from %s to %s begins at this host']],
  [
    9,
    'the strategy transition cannot start',
    [`${SOCK_OPS}/skops.test.ts`, 'samples at changes of state alone by the strategy transition'],
  ],
  [
    10,
    'an end has the ids of the latest start',
    [`${SOCK_OPS}/iperf3-plugin.test.ts`, 'gives ids in turn, and each end those of its start'],
    [`${SOCK_OPS}/iperf3-plugin.test.ts`, 'says nothing of a connection that is refused'],
  ],
  [11, 'flows share a series', [PROMETHEUS, 'shows on two ports what each enricher read, flows by their ports']],
  [
    12,
    'what is unknown of a sample ends the process',
    [PROMETHEUS, 'has a port 0 turn one of them off'],
    [ENRICHMENT, 'is empty where nothing was told of TCP'],
    [ENRICHMENT, 'leaves out an algorithm that is not known'],
  ],
  [13, 'metrics of wrong fields and kinds', [PROMETHEUS, 'shows on two ports what each enricher read']],
  [
    14,
    'the pipe loses lines and comes late',
    [NAMED_PIPE, 'loses none of 10,000 lines in one write'],
    [NAMED_PIPE, 'waits for the end of half a line'],
    [NAMED_PIPE, 'takes a whole last line without its end when nothing follows for long'],
    [NAMED_PIPE, 'reads what was written just before the stop'],
  ],
  [
    15,
    'everybody may write the pipe, and any file there is deleted',
    [`${FLOWD}/other-user.test.ts`, 'cannot write the pipe'],
    [NAMED_PIPE, 'refuses a path where a regular file is, and leaves it alone'],
  ],
  [
    16,
    'the filters of others are removed',
    [`${MARKER}/coexistence.test.ts`, 'stays while somebody else uses it, in either direction'],
    [`${MARKER}/coexistence.test.ts`, 'takes the first free priority from 2 on'],
  ],
  [
    17,
    'exit code 0 for every failure',
    [`${FLOWD}/life.test.ts`, 'is refused with file, line, key and exit code 78'],
    [`${FLOWD}/life.test.ts`, 'exits 2 on wrong usage'],
  ],
  [
    18,
    'one slow backend stops all',
    [PIPELINE, 'a backend that throws, rejects or hangs costs only its own changes, and all are counted'],
  ],
  [
    19,
    'nothing is announced at a stop',
    [`${FLOWD}/reference-session/pipe.test.ts`, 'announces the end of every flow that lives'],
    [PIPELINE, 'ends more live flows at a stop than a queue holds'],
  ],
  [
    20,
    'a lost end leaves a mark for ever',
    [`${FLOWD}/resume.test.ts`, 'ends a flow by itself when its socket is gone'],
    ['src/flowd/flow-table/flow-watch.test.ts', 'ends a flow of which nothing was heard'],
  ],
  [21, 'marks are evicted silently', [`${MARKER}/packets.test.ts`, 'beyond a full map wait, and no live mark is lost']],
  [
    22,
    'a start told again changes the label',
    [FLOW_TABLE, 'starts once, and remembers label and start time to the end'],
    [FLOW_TABLE, 'gives the same 5-tuple the same label again'],
  ],
  [
    23,
    'ids are cut',
    ['src/scitags/flow-label.test.ts', 'refuses ids that would be cut'],
    [`${BACKENDS}/marker/marks.test.ts`, 'is nothing for ids beyond the label, whatever the strategy'],
  ],
  [
    24,
    'no UDP, no packets with extension headers',
    [`${MARKER}/packets.test.ts`, 'V35 UDP with the same ports is another flow, and is marked when it is declared'],
    [`${MARKER}/wire.test.ts`, 'with IPv6 BIG TCP: every packet of the flow carries the label'],
  ],
  [
    25,
    'matchAll alone marks nothing',
    [`${MARKER}/packets.test.ts`, 'with matchAll marks what has no mark of its own, of its protocol'],
  ],
  [
    26,
    'perfsonar announces every socket as ::',
    [`${FLOWD}/perfsonar.test.ts`, 'marks every packet with one label a flow from the first to the last'],
    [`${BACKENDS}/firefly/ongoing.test.ts`, 'announces nothing that stands for every packet'],
  ],
  [
    27,
    'start times are empty, end times replaced',
    [FLOW_TABLE, 'announces an end without start only if it says when the flow began'],
    [FLOW_TABLE, 'takes what an event knows: times, usage, application'],
  ],
  [
    28,
    'fireflies tell no usage',
    [`${FLOWD}/ongoing-fireflies.test.ts`, 'tells how much a connection has moved while it lives'],
  ],
  [
    29,
    'the receiver hears its own fireflies',
    [`${PLUGINS}/firefly/own-fireflies.test.ts`, 'of the backend are no events'],
    [`${FLOWD}/two-hosts.test.ts`, 'tell each other of a flow once, not again and again'],
  ],
  [
    30,
    'one collector, resolved once',
    [`${BACKENDS}/firefly/recipients.test.ts`, 'are any number of collectors, each with its own account'],
    [`${BACKENDS}/firefly/recipients.test.ts`, 'see the address that fireflies are to come from'],
  ],
  [
    31,
    'address mapping blocks and is made once',
    [MAPPING, 'lets nothing wait for an answer that does not come'],
    [MAPPING, 'asks again every `refreshSeconds`'],
    [MAPPING, 'always honours what is mapped by hand'],
    ['src/flowd/addresses/stun/message.test.ts', 'gives nothing for what is no reply to this request'],
  ],
  [
    32,
    'skops reads neighbours of a field',
    [`${SOCK_OPS}/skops.test.ts`, 'tells what sock_diag tells of the same socket'],
  ],
  [
    33,
    'skops knows a flow by its ports',
    [`${SOCK_OPS}/skops.test.ts`, 'gives nothing of a connection to a flow that began after it, with the same ports'],
  ],
  [
    34,
    'sock_diag: scales swapped, one unknown part voids all',
    [SOCK_DIAG, 'keeps the neighbours of an attribute that it does not know'],
    [SOCK_DIAG, 'has the scale that the peer announces in the low nibble'],
    [SOCK_DIAG, 'puts every field where the kernel has it'],
  ],
  [35, 'raw numbers in skBuff', [ENRICHMENT, 'V88: writes ports and addresses as they are read']],
  [
    36,
    'API and pipe take anything from anybody',
    [`${PLUGINS}/api/api.test.ts`, 'refuses %s with 400 and names the field'],
    [`${PLUGINS}/api/api.test.ts`, 'takes events and shows flows only for a token of its file, once it has one'],
    [`${PLUGINS}/api/api.test.ts`, 'finds the family itself'],
  ],
  [
    37,
    'unknown keys are ignored',
    [`${FLOWD}/life.test.ts`, 'is checked without running, unknown keys named with what is near'],
    [CONFIGURATION, '%s is told of, once'],
  ],
  [
    38,
    'options without effect',
    [CONFIGURATION, 'says of keys of flowd-go that they have no effect'],
    [`${MARKER}/coexistence.test.ts`, 'stays when the marker was told to leave it, or found it'],
    ['src/cli/run-command-line.test.ts', 'exits 2 on wrong usage: %s'],
  ],
  [39, 'hybrid cgroups', ['src/linux/cgroup.test.ts', 'means the whole hierarchy when it is empty or the usual place']],
  [
    40,
    'programs overwrite each other’s callbacks',
    [`${SOCK_OPS}/skops.test.ts`, 'runs beside the watcher of connections: neither takes the other its calls'],
    [`${SOCK_OPS}/iperf3-plugin.test.ts`, 'runs beside a second watcher: each is told of everything'],
  ],
  [
    41,
    'GSO packets are not judged by the MTU',
    [`${MARKER}/path-mtu.test.ts`, 'segments of GSO packets are judged as they will be on the wire'],
    [`${MARKER}/strategies.test.ts`, 'without room: full packets arrive untouched, counted as `mtu`'],
  ],
  [
    42,
    'failures of watching, loading and opening are passed over',
    [NAMED_PIPE, 'goes on when it cannot look whether the FIFO is there'],
    [`${SOCK_OPS}/iperf3-plugin.test.ts`, 'says so with %s, and leaves nothing'],
  ],
  [
    43,
    'a port that is taken is only logged',
    [`${FLOWD}/http.test.ts`, 'is not started on a port that is taken: flowd says so and ends'],
    [PROMETHEUS, 'is not started where the port is taken'],
  ],
  [
    44,
    'units that the build lacks stop the core',
    [`${FLOWD}/hidden-platform.test.ts`, 'the marker refuses with its code and remedy, and exit code 78'],
    [`${FLOWD}/hidden-platform.test.ts`, 'everything else works'],
  ],
]

describe('the defects of flowd-go', () => {
  it('are all dealt with', () => {
    expect(DEFECTS.map(([number]) => number)).toEqual(Array.from({ length: 44 }, (_, index) => index + 1))
  })

  it.each(DEFECTS)('defect %i, %s: is shown to be none here', (_number, _defect, ...shown) => {
    for (const [file, title] of shown) expect(readFileSync(file, 'utf8'), `${file} has lost its test`).toContain(title)
  })

  it.each([45, 46, 48])('defect %i is told of in the differences', number => {
    const page = readFileSync('docs/reference/differences.md', 'utf8')
    expect(page).toMatch(new RegExp(`\\(defect ${number}\\)`))
  })
})
