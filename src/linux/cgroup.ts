import { readFileSync, statfsSync } from 'node:fs'
import { messageOf, TidemarkError } from '../common/index.ts'

/** linux/magic.h */
const CGROUP2_SUPER_MAGIC = 0x63677270
/** Where most hosts have cgroup v2, and where hosts that keep version 1 beside it have a folder of mounts. */
const USUAL_MOUNT = '/sys/fs/cgroup'

/**
 * Where cgroup v2 is mounted, out of the text of `/proc/PID/mountinfo` (proc_pid_mountinfo(5)); a mount of the whole
 * hierarchy comes before one of a part. Undefined when it is nowhere.
 */
export function unifiedMount(mountinfo: string): string | undefined {
  const mounts = mountinfo.split('\n').flatMap(line => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root, path] = before.split(' ')
    return after.startsWith('cgroup2 ') && path !== undefined ? [{ root, path: unescaped(path) }] : []
  })
  return (mounts.find(({ root }) => root === '/') ?? mounts[0])?.path
}

/**
 * The folder of cgroup v2 that a configured path means. Nothing, or the usual place on a host that keeps version 1
 * there, means the whole hierarchy, wherever it is mounted.
 *
 * @throws TidemarkError CGROUP_MISSING, CGROUP_INVALID
 */
export function resolveCgroup(configured: string): string {
  const mount = unifiedMount(readFileSync('/proc/self/mountinfo', 'utf8'))
  if (mount === undefined) throw new TidemarkError('CGROUP_MISSING')
  if (configured === '' || configured.replace(/\/+$/, '') === USUAL_MOUNT) return mount
  const invalid = (reason: string, cause?: unknown) =>
    new TidemarkError('CGROUP_INVALID', { path: configured, reason, mount }, cause)
  let type: number
  try {
    type = statfsSync(configured).type
  } catch (error) {
    throw invalid(messageOf(error), error)
  }
  if (type !== CGROUP2_SUPER_MAGIC) throw invalid('it is on another file system')
  return configured
}

/** Blanks, tabs, newlines and backslashes stand as octal numbers in mountinfo. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_match, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
