import type { SpawnOptions } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ControlClient, loadFlowdConfiguration } from '../../../src/flowd/index.ts'
import { FLOWD_GO_PROGRAM, FlowdProcess, TIDEMARK } from '../../support/flowd/flowd-process.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'

const SAMPLES = 'test/fixtures/flowd-go'
const laboratory = new Laboratory()
const folder = mkdtempSync(join(tmpdir(), 'tidemark-samples-'))
let host: TestNamespace
beforeAll(() => {
  const peer = laboratory.namespace()
  host = laboratory.namespace()
  const end = (namespace: TestNamespace, number: number) => ({
    namespace,
    interfaceName: 'eno1',
    addresses: [`2001:db8:1::${number}/64`],
  })
  laboratory.connect(end(host, 1), end(peer, 2))
})
afterAll(async () => {
  await laboratory.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Expected {
  plugins: string[]
  backends: string[]
  enrichers: string[]
  /** The keys that have no effect, another name or no meaning, each with one warning. */
  stale: string[]
}

const NOTHING: Expected = { plugins: [], backends: [], enrichers: [], stale: [] }
const WITHOUT_EFFECT = [
  ...['plugins.firefly.deadline', 'plugins.firefly.hasSyslogHeader'],
  ...['plugins.namedPipe.maxReaders', 'plugins.namedPipe.buffSize'],
]
const EVERYTHING = { backends: ['marker', 'firefly', 'prometheus'], enrichers: ['skops', 'netlink'] }

const EXPECTED: Record<string, Expected> = {
  commented: NOTHING,
  uncommented: {
    ...EVERYTHING,
    plugins: ['api', 'firefly', 'namedPipe', 'perfsonar'],
    stale: [...WITHOUT_EFFECT, 'plugins.perfsonar.activityID', 'plugins.perfsonar.experimentID'],
  },
  perfsonar: {
    ...NOTHING,
    plugins: ['perfsonar'],
    backends: ['marker'],
    stale: ['plugins.perfsonar.experimentId'],
  },
  iperf3: { ...NOTHING, plugins: ['namedPipe'], backends: ['firefly'] },
  'old-names': { ...NOTHING, plugins: ['namedPipe'], backends: ['firefly'], stale: ['plugins.np', 'stunServers'] },
  osg: {
    plugins: ['perfsonar'],
    backends: ['marker', 'firefly'],
    enrichers: ['skops', 'netlink'],
    stale: ['backends.marker.forceHookRemoval'],
  },
  'version-2.2': {
    plugins: ['namedPipe'],
    backends: ['marker', 'firefly'],
    enrichers: ['netlink'],
    stale: [
      ...['backends.ebpf', 'backends.marker.forceHookRemoval', 'backends.marker.markingStrategy'],
      ...['backends.firefly.fireflyDestinationPort', 'backends.firefly.addNetlinkContext'],
      ...['backends.firefly.pollNetlink', 'backends.firefly.netlinkPollingInterval', 'stunServers'],
    ],
  },
  'version-2.0': {
    plugins: ['namedPipe', 'api'],
    backends: ['marker', 'firefly'],
    enrichers: ['skops'],
    stale: [
      ...['plugins.np', 'plugins.namedPipe.maxReaders', 'plugins.namedPipe.buffSize'],
      ...['backends.ebpf', 'backends.marker.targetInterface', 'backends.marker.markingStrategy'],
      ...['backends.marker.RemoveQdisc', 'backends.firefly.fireflyDestinationPort', 'backends.firefly.pollBPF'],
      ...['backends.firefly.addBPFContext', 'backends.firefly.enrichmentVerbosity', 'stunServers', 'defaultBackend'],
    ],
  },
  'version-2.3': {
    plugins: ['namedPipe'],
    backends: ['marker', 'firefly'],
    enrichers: ['skops', 'netlink'],
    stale: [
      ...['backends.firefly.periodicFireflies', 'backends.firefly.period', 'backends.firefly.enrichmentVerbosity'],
      ...['backends.firefly.netlink', 'backends.firefly.skops'],
    ],
  },
  'every-key': {
    ...EVERYTHING,
    plugins: ['api', 'firefly', 'namedPipe', 'perfsonar', 'iperf3'],
    stale: [...WITHOUT_EFFECT, 'plugins.perfsonar.experimentId'],
  },
}

/**
 * A process on the host of these tests, with `/run` and `/var/cache` of its own, and where `/etc/flowd-go` has one
 * file.
 */
function onHost(sample: string, file: string) {
  const etc = mkdtempSync(join(folder, 'etc-'))
  mkdirSync(join(etc, 'flowd-go'))
  copyFileSync(join(SAMPLES, sample), join(etc, 'flowd-go', file))
  const mounts = [
    'mount -t tmpfs none /run',
    'mount -t tmpfs none /var/cache',
    `mount -t overlay none -o lowerdir=${etc}:/etc /etc`,
  ]
  const shell = ['--mount', 'sh', '-c', `${mounts.join(' && ')} && exec "$0" "$@"`]
  return (program: string, words: readonly string[], options: SpawnOptions) =>
    host.enter('unshare', [...shell, program, ...words], { ...options, cwd: etc })
}

/** The keys that a daemon warned of. */
function warningsOf(stderr: string): string[] {
  const lines = stderr.matchAll(/level=WARN .*?\/etc\/flowd-go\/conf\.\w+:\d+:\d+: ([\w.]+): /g)
  return Array.from(lines, ([, key = '']) => key)
}

const samples = readdirSync(SAMPLES).filter(name => !name.endsWith('.md'))

describe.each(samples)("flowd-go's sample %s", sample => {
  const [name = '', extension = ''] = sample.split(/\.(?=\w+$)/)
  const expected = EXPECTED[name] ?? NOTHING
  const file = `conf.${extension}`

  it.each([
    ['found in its place', [TIDEMARK, 'flowd', 'run']],
    ['named on its command line', [FLOWD_GO_PROGRAM, '--conf', `/etc/flowd-go/${file}`, '--log-level', 'debug', 'run']],
  ])('starts unchanged, %s', async (_how, command) => {
    await using flowd = await new FlowdProcess({ command, spawn: onHost(sample, file) }).ready()
    expect(flowd.stdout).toContain(`configuration /etc/flowd-go/${file}`)
    expect(warningsOf(flowd.stderr).toSorted()).toEqual(expected.stale.toSorted())
    const control = new ControlClient(`/proc/${flowd.child.pid}/root/run/tidemark/flowd.sock`)
    const { plugins, backends, enrichers } = await control.health()
    const sorted = [plugins, backends, enrichers].map(list => list.toSorted())
    expect(sorted).toEqual([expected.plugins, expected.backends, expected.enrichers].map(list => list.toSorted()))
    expect(await flowd.stop()).toBe(0)
  })

  it('means the same as its twin', () => {
    const load = (conf: string) => loadFlowdConfiguration({ conf, calledAsFlowdGo: true }).values
    expect(load(join(SAMPLES, `${name}.yaml`))).toEqual(load(join(SAMPLES, `${name}.json`)))
  })
})

describe("flowd-go's defaults", () => {
  it('hold: the pipe in the working directory that all may write, the ports, the PID file', async () => {
    const command = [FLOWD_GO_PROGRAM, '--conf', '/etc/flowd-go/conf.yaml', 'run']
    await using flowd = await new FlowdProcess({ command, spawn: onHost('every-key.yaml', 'conf.yaml') }).ready()
    const root = `/proc/${flowd.child.pid}`
    const pipe = statSync(join(root, 'cwd', 'np'))
    expect([pipe.isFIFO(), pipe.mode & 0o777]).toEqual([true, 0o666])
    expect(readFileSync(join(root, 'root/run/flowd-go.pid'), 'utf8')).toBe(`${flowd.child.pid}\n`)
    const listening = host.exec('ss', '-Hlnptu')
    for (const port of [7777, 8080, 8081]) expect(listening).toMatch(new RegExp(`^tcp .*127\\.0\\.0\\.1:${port} `, 'm'))
    expect(listening).toMatch(/^udp .*127\.0\.0\.1:10514 /m)
    expect(await flowd.stop()).toBe(0)
  })
})
