import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Images } from '../../support/packaging/images.ts'

const BASE = 'localhost/debian:12'

describe('the release image', () => {
  let images: Images
  let image = ''
  let root = ''
  beforeAll(() => {
    images = new Images()
    images.importDebian(BASE)
    image = images.build('release', BASE, { COMMIT: '0123456789ab', COMMIT_DATE: '2026-01-01T00:00:00Z' })
    root = images.mount(image)
  }, 900_000)
  afterAll(() => images.remove(), 120_000)

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
