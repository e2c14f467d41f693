import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { resolveCgroup, unifiedMount } from './cgroup.ts'

const V1 = '33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n'
const PURE = '26 23 0:24 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n'
const HYBRID =
  '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 none rw\n'

describe('the mount of cgroup v2', () => {
  it.each([
    ['alone', PURE, '/sys/fs/cgroup'],
    ['beside version 1', V1 + HYBRID, '/sys/fs/cgroup/unified'],
    ['nowhere', V1, undefined],
    ['in part and as a whole', `9 1 0:9 /box /mnt/part rw - cgroup2 none rw\n${PURE}`, '/sys/fs/cgroup'],
    ['in part only', '9 1 0:9 /box /mnt/part rw - cgroup2 none rw\n', '/mnt/part'],
    ['under a name with a blank', '9 1 0:9 / /mnt/a\\040b rw - cgroup2 none rw\n', '/mnt/a b'],
  ])('is found %s', (_where, mountinfo, path) => {
    expect(unifiedMount(mountinfo)).toBe(path)
  })
})

describe.runIf(process.platform === 'linux')('a configured path', () => {
  it('means the whole hierarchy when it is empty or the usual place', () => {
    const whole = resolveCgroup('')
    for (const path of ['/sys/fs/cgroup', '/sys/fs/cgroup/', whole]) expect(resolveCgroup(path)).toBe(whole)
  })

  it.each([tmpdir(), '/does/not/exist'])('is refused when it is no cgroup: %s', path => {
    expect(() => resolveCgroup(path)).toThrow(expect.objectContaining({ code: 'CGROUP_INVALID' }))
  })
})
