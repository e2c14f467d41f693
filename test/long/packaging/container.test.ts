import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Images } from '../../support/packaging/images.ts'

const BASE = 'localhost/debian:12'

let images: Images
beforeAll(() => {
  images = new Images()
  images.importDebian(BASE)
}, 1_800_000)
// Where the kernel makes no overlay here each image is a whole copy.
afterAll(() => images.remove(), 600_000)

describe('the release image', () => {
  let image = ''
  let root = ''
  beforeAll(() => {
    image = images.build('release', BASE, { COMMIT: '0123456789ab', COMMIT_DATE: '2026-01-01T00:00:00Z' })
    root = images.mount(image)
  }, 1_800_000)

  /** Runs a command in the image as its user, on a root that cannot be written. */
  const run = (...command: string[]): string => {
    const script = `mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount -t proc proc "$0/proc" &&
      exec env -i PATH="$PATH" chroot --userspec=10514:10514 "$0" "$@"`
    const words = ['--mount', '--net', '--propagation', 'private', 'sh', '-c', script, root, ...command]
    return execFileSync('unshare', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  it('starts the command as its own user', () => {
    expect(images.configuration(image)).toMatchObject({
      User: '10514:10514',
      Entrypoint: ['/usr/bin/tidemark'],
      ExposedPorts: { '8010/tcp': {}, '10514/udp': {}, '7777/tcp': {} },
    })
  })

  it('says its versions without being root and without writing', () => {
    expect(run('/usr/bin/id', '-u')).toBe('10514\n')
    expect(() => run('/usr/bin/touch', '/var/lib/tidemark/x')).toThrow('Read-only file system')
    const printed = run('/usr/bin/tidemark', 'version')
    expect(printed).toMatch(/^built commit: 0123456789ab$/m)
    expect(printed).toMatch(/^node: v24\.\d+\.\d+$/m)
    expect(printed).toMatch(/^libbpf: v1\.\d+/m)
  })

  it('checks configurations', () => {
    expect(run('/usr/bin/tidemark', 'collector', 'check', '--conf', '/dev/null')).toContain('http.bindPort')
  })

  it('runs flowd with two capabilities on that root, as the make target, the compose file and the how-to start it', async () => {
    const capabilities = '-all,+bpf,+net_admin'
    const script = `
      ip link set lo up
      mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && mount -t sysfs sysfs "$0/sys"
      touch "$0/etc/tidemark/flowd.yaml"
      mount --bind packaging/container/flowd.yaml "$0/etc/tidemark/flowd.yaml"
      for folder in /run/tidemark /var/lib/tidemark; do mount -t tmpfs -o mode=0775,gid=10514 tmpfs "$0$folder"; done
      mount -o remount,bind,ro "$0"
      exec env -i PATH="$PATH" chroot "$0" /usr/bin/setpriv --regid 10514 --clear-groups \
        --no-new-privs --inh-caps=${capabilities} --ambient-caps=${capabilities} --bounding-set=${capabilities} \
        /usr/bin/tidemark flowd run`
    const words = ['--mount', '--net', '--propagation', 'private', 'sh', '-euc', script, root]
    const flowd = spawn('unshare', words)
    const closed = once(flowd, 'close')
    let printed = ''
    for (const stream of [flowd.stdout, flowd.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
      })
    }
    try {
      await expect.poll(() => printed).toContain('flowd is ready: plugins namedPipe; backends marker, firefly')
    } finally {
      flowd.kill('SIGTERM')
      await closed
    }
    expect(printed).toContain('msg=stopped')
    expect(printed).not.toMatch(/level=(WARN|ERROR)/)
  })

  it('has nothing of what built it', () => {
    const found = execFileSync(
      'find',
      [root, '-xdev', '-name', 'node', '-o', '-name', 'npm', '-o', '-path', '*/src/*'],
      {
        encoding: 'utf8',
      },
    )
    expect(found).toBe('')
  })
})

describe('the images for developers', () => {
  it('have what building, testing and debugging need, and the sources', () => {
    const root = images.mount(images.build('test', BASE, {}))
    for (const program of ['clang-14', 'bpftool', 'tcpdump', 'tshark', 'iperf3', 'ip', 'make', 'node', 'npm', 'git']) {
      const found = ['/usr/bin', '/usr/sbin', '/sbin'].some(folder => existsSync(join(root, folder, program)))
      expect(found ? program : `no ${program}`).toBe(program)
    }
    expect(existsSync(join(root, 'src/Makefile'))).toBe(true)
  })
})
