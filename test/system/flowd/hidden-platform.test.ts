import { globSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FlowdProcess, type FlowdProcessOptions } from '../../support/flowd/flowd-process.ts'

const LIBBPF = globSync('/usr/lib/*/libbpf.so.1*')

/** unshare(1): runs the rest in a mount namespace of its own, after some mounts. */
function behind(...mounts: string[]): string[] {
  return ['unshare', '--mount', 'sh', '-c', `${mounts.join(' && ')} && exec "$0" "$@"`]
}

interface Hidden {
  what: string
  options: FlowdProcessOptions
  code: RegExp
}

const HIDDEN: Hidden[] = [
  {
    what: 'BTF',
    options: { prefix: behind('mount -t tmpfs none /sys/kernel/btf') },
    code: /^error BTF_MISSING: /m,
  },
  {
    what: 'libbpf',
    options: { prefix: behind(...LIBBPF.map(path => `mount --bind /dev/null ${path}`)) },
    code: /^error LIBBPF_MISSING: /m,
  },
  {
    what: 'every capability',
    options: { prefix: ['setpriv', '--inh-caps=-all', '--bounding-set=-all'] },
    code: /^error [A-Z_]*(CAPABILIT|PERMISSION)[A-Z_]*: /m,
  },
  {
    what: 'Linux',
    options: {
      environment: { NODE_OPTIONS: `--import ${resolve('test/support/flowd/pretend-macos-child.ts')}` },
    },
    code: /^error PLATFORM_UNSUPPORTED: /m,
  },
]

describe.each(HIDDEN)('without $what', ({ options, code }) => {
  it('the marker refuses with its code and remedy, and exit code 78', async () => {
    await using flowd = new FlowdProcess({ ...options, configuration: { backends: { marker: {} } } })
    expect(await flowd.ended()).toBe(78)
    expect(flowd.stderr).toMatch(code)
    expect(flowd.stderr).toMatch(/^remedy: /m)
  })

  it('everything else works', async () => {
    await using flowd = new FlowdProcess({
      ...options,
      configurationIn: folder => ({
        plugins: { namedPipe: { pipePath: join(folder, 'pipe') }, api: { bindPort: 0 }, firefly: { bindPort: 0 } },
        backends: { marker: {}, firefly: {} },
      }),
      words: ['--without', 'marker'],
    })
    await flowd.ready()
    await flowd.control.send(['start tcp ::1 1 ::1 2 3 14'])
    expect(await flowd.control.health()).toMatchObject({
      status: 'ready',
      liveFlows: 1,
      plugins: ['api', 'firefly', 'namedPipe'],
      backends: ['firefly'],
    })
    expect(await flowd.stop()).toBe(0)
  })
})
