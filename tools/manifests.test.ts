import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { WATCH_DEFAULTS } from '../src/collector/api/index.ts'
import { API_PORT } from '../src/collector/configuration.ts'
import { checkCollector } from '../src/collector/index.ts'
import { parseConfiguration } from '../src/common/index.ts'
import { FLOWD_CONFIGURATION } from '../src/flowd/index.ts'
import { BUILT_IN_UNITS, UNIT_KINDS } from '../src/flowd/unit-registries.ts'
import { runCommand } from '../test/support/run-command.ts'

/** What these tests read of a Kubernetes resource. */
interface Resource {
  kind: string
  metadata: { name: string; labels?: Record<string, string> }
  data?: Record<string, string>
  spec: Record<string, unknown>
}

/** What they read of flowd's service in the compose file. */
interface Service {
  network_mode: string
  user: string
  cap_add: string[]
  tmpfs: string[]
}

const containerfile = readFileSync('packaging/container/Containerfile', 'utf8')

function resources(path: string): Map<string, Resource> {
  const documents = parseAllDocuments(readFileSync(path, 'utf8')).map(document => document.toJS() as Resource)
  return new Map(documents.map(resource => [resource.kind, resource]))
}

/** Checks a configuration as the collector does, strictly; gives its effective values by key. */
function effective(yaml: string): Map<string, unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'manifest-'))
  try {
    const conf = join(folder, 'collector.yaml')
    writeFileSync(conf, yaml)
    const { rows, warnings } = checkCollector({ conf, strict: true }, { MESSAGING_CONNECT_FILE: undefined })
    expect(warnings).toEqual([])
    return new Map(rows.map(row => [row.key, row.value]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe.each([
  ['deploy.yaml', 'skupper-local-client'],
  ['packaging/kubernetes/collector-skupper2.yaml', 'skupper-collector-client'],
])('%s', (path, secret) => {
  const all = resources(path)
  const pod = all.get('Deployment')!.spec['template'] as { metadata: Resource['metadata']; spec: PodSpec }
  const container = pod.spec.containers[0]!

  it('serves the API on the port that clients of the original know', () => {
    const service = all.get('Service')!
    expect(service.metadata.name).toBe('skupper-collector')
    expect(service.spec).toMatchObject({
      selector: pod.metadata.labels,
      ports: [{ port: API_PORT, targetPort: 'api', protocol: 'TCP' }],
    })
    expect(all.get('Deployment')!.spec['selector']).toEqual({ matchLabels: pod.metadata.labels })
    expect(container.ports).toEqual([{ name: 'api', containerPort: API_PORT, protocol: 'TCP' }])
  })

  it('runs one collector, which may do nothing but talk', () => {
    expect(all.get('Deployment')!.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } })
    expect(pod.spec.automountServiceAccountToken).toBe(false)
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    const { runAsUser, runAsGroup } = pod.spec.securityContext
    expect(containerfile).toContain(`USER ${runAsUser}:${runAsGroup}\n`)
  })

  it('has limits and probes that the server answers', () => {
    expect(container.resources).toMatchObject({ requests: { memory: '256Mi' }, limits: { memory: '1Gi' } })
    expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'api' })
    expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'api' })
  })

  it('mounts the credentials where the collector looks for them', () => {
    expect(container.volumeMounts).toContainEqual({ name: 'messaging', mountPath: '/etc/messaging', readOnly: true })
    const volume = pod.spec.volumes.find(({ name }) => name === 'messaging')
    expect(volume).toEqual({ name: 'messaging', secret: { secretName: secret, defaultMode: 0o440 } })
  })

  it('starts the collector with a configuration that it accepts', () => {
    expect(container.args).toEqual(['collector', 'run', '--conf', '/etc/tidemark/collector.yaml'])
    expect(container.volumeMounts).toContainEqual(expect.objectContaining({ mountPath: '/etc/tidemark' }))
    const values = effective(all.get('ConfigMap')!.data!['collector.yaml']!)
    expect(values.get('http.bindAddress')).toBe('0.0.0.0')
    expect(values.get('http.access')).toBe('open')
    expect(values.get('http.bindPort')).toBe(API_PORT)
    // What may be held at once, and about 150 MB for the program itself, stay below the limit of 1 GiB.
    const held = ['retention.maxBytes', 'limits.inboxBytes'].reduce((sum, key) => sum + Number(values.get(key)), 0)
    expect(held + Number(values.get('http.maxWatchers')) * WATCH_DEFAULTS.maxBytes + 150e6).toBeLessThan(2 ** 30)
  })

  it('says that the API has no authentication, and names an image that the how-to explains', () => {
    expect(readFileSync(path, 'utf8')).toContain('without authentication')
    expect(readFileSync('docs/how-to/deploy-collector.md', 'utf8')).toContain(`-t ${container.image} .`)
    expect(containerfile).toContain(' AS release\n')
  })
})

describe('packaging/container/compose.yaml', () => {
  it('has a configuration with which its collector starts and sees the simulated network', () => {
    expect(readFileSync('packaging/container/compose.yaml', 'utf8')).toContain('["./collector.yaml:/etc/tidemark/')
    const values = effective(readFileSync('packaging/container/collector.yaml', 'utf8'))
    expect([values.get('http.bindAddress'), values.get('http.access')]).toEqual(['0.0.0.0', 'open'])
    expect(values.get('(router)')).toBe('amqp://van:5672')
  })
})

describe('containers of flowd', () => {
  const compose = parse(readFileSync('packaging/container/compose.yaml', 'utf8')) as {
    services: Record<string, Service>
  }

  it('may do nothing that they need not, and each of the compose file as little', () => {
    for (const service of Object.values(compose.services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    }
    const capable = Object.entries(compose.services).filter(([, service]) => 'cap_add' in service)
    expect(capable.map(([name]) => name)).toEqual(['flowd'])
  })

  it('are started alike by the compose file, the make target and the how-to', () => {
    const flowd = compose.services['flowd']!
    const started = execFileSync('make', ['--silent', 'docker-start', 'CONTAINERS=echo'], { encoding: 'utf8' })
    const words = [
      `--network ${flowd.network_mode}`,
      `--user ${flowd.user}`,
      ...flowd.cap_add.map(name => `--cap-add ${name}`),
      ...flowd.tmpfs.map(folder => `--tmpfs ${folder}`),
      ...['--cap-drop ALL', '--security-opt no-new-privileges', '--read-only', 'flowd run'],
    ]
    const howTo = readFileSync('docs/how-to/flowd-in-a-container.md', 'utf8')
    for (const word of words) {
      expect(started).toContain(word)
      expect(howTo).toContain(word)
    }
  })
})

describe('the configurations of flowd in containers', () => {
  const daemonSet = resources('packaging/kubernetes/flowd-daemonset.yaml').get('ConfigMap')

  it.each([
    ['packaging/container/flowd.yaml', readFileSync('packaging/container/flowd.yaml', 'utf8')],
    ['packaging/kubernetes/flowd-daemonset.yaml', daemonSet?.data?.['flowd.yaml'] ?? ''],
  ])('%s is valid to the letter and turns the marker on', (name, text) => {
    const { values, warnings } = parseConfiguration(FLOWD_CONFIGURATION, text, name)
    expect(warnings).toEqual([])
    expect(values.backends?.marker?.targetInterfaces).toHaveLength(1)
  })
})

describe('packaging/kubernetes/flowd-daemonset.yaml', () => {
  const all = resources('packaging/kubernetes/flowd-daemonset.yaml')
  const { spec } = all.get('DaemonSet')!.spec['template'] as {
    spec: PodSpec & { hostNetwork: boolean; dnsPolicy: string }
  }
  const container = spec.containers[0]!

  it('has exactly the capabilities that its configuration needs', () => {
    const { values } = parseConfiguration(FLOWD_CONFIGURATION, all.get('ConfigMap')!.data!['flowd.yaml']!, 'flowd.yaml')
    const needs = UNIT_KINDS.flatMap(kind =>
      Object.keys(values[kind] ?? {}).flatMap(name => {
        const units: Readonly<Record<string, { needs?: readonly string[] }>> = BUILT_IN_UNITS[kind]
        return units[name]?.needs ?? []
      }),
    )
    const capabilities = needs.filter(need => need.startsWith('CAP_')).map(need => need.replace('CAP_', ''))
    expect(capabilities.length).toBeGreaterThan(0)
    expect(container.securityContext).toEqual({
      runAsUser: 0,
      runAsGroup: 10_514,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: [...new Set(capabilities)] },
    })
  })

  it('is looked at by a command that fails while nothing runs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'manifest-'))
    const conf = join(folder, 'flowd.yaml')
    writeFileSync(conf, `controlSocket:\n  path: ${join(folder, 'sock')}\n`)
    const { readinessProbe, livenessProbe } = container
    for (const probe of [readinessProbe, livenessProbe]) {
      const [program, ...words] = probe.exec!.command
      expect(program).toBe('/usr/bin/tidemark')
      expect(words).toContain('/etc/tidemark/flowd.yaml')
      const { code, stderr } = await runCommand(words.map(word => (word === '/etc/tidemark/flowd.yaml' ? conf : word)))
      expect(code).toBe(1)
      expect(stderr).toContain('FLOWD_UNREACHABLE')
    }
    rmSync(folder, { recursive: true })
  })

  it('marks on the node, and keeps on it what a restart goes on with', () => {
    expect(spec.hostNetwork).toBe(true)
    // The name of the collector in its configuration is one of the cluster's.
    expect(spec.dnsPolicy).toBe('ClusterFirstWithHostNet')
    expect(spec.automountServiceAccountToken).toBe(false)
    const mounts = (container.volumeMounts as { mountPath: string; name: string }[]).map(({ mountPath }) => mountPath)
    expect(mounts).toEqual(['/etc/tidemark', '/run/tidemark', '/var/lib/tidemark'])
    for (const path of mounts.slice(1)) {
      expect(spec.volumes).toContainEqual(expect.objectContaining({ hostPath: { path, type: 'DirectoryOrCreate' } }))
    }
  })
})

describe('packaging/kubernetes/collector-skupper2.yaml', () => {
  const all = resources('packaging/kubernetes/collector-skupper2.yaml')

  it('asks for a client certificate and uses it', () => {
    const certificate = all.get('Certificate')!
    expect(certificate.spec).toEqual({
      ca: 'skupper-local-ca',
      client: true,
      subject: 'skupper-router-local',
      hosts: ['skupper-router-local'],
    })
    const values = effective(all.get('ConfigMap')!.data!['collector.yaml']!)
    expect(values.get('(router)')).toBe('amqps://skupper-router-local:5671')
    expect(values.get('amqp.tls.caFile')).toBe('/etc/messaging/ca.crt')
    expect(values.get('amqp.tls.certificateFile')).toBe('/etc/messaging/tls.crt')
    expect(values.get('amqp.tls.keyFile')).toBe('/etc/messaging/tls.key')
  })
})

interface PodSpec {
  automountServiceAccountToken: boolean
  securityContext: { runAsNonRoot: boolean; runAsUser: number; runAsGroup: number; seccompProfile: { type: string } }
  containers: Container[]
  volumes: { name: string }[]
}

interface Container {
  image: string
  args: string[]
  ports: unknown[]
  securityContext: unknown
  livenessProbe: Probe
  readinessProbe: Probe
  resources: unknown
  volumeMounts: unknown[]
}

interface Probe {
  httpGet?: unknown
  exec?: { command: string[] }
}
