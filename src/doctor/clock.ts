import { type Check, ok, warning } from '../checks/index.ts'
import { readClock } from '../linux/index.ts'

/** Fireflies and records carry times, which are compared with those of other hosts; certificates are judged by it. */
export const checkClock: Check<void> = () => {
  const { synchronised, maxErrorUs } = readClock()
  if (synchronised) return [ok('clock', `synchronised, off by ${maxErrorUs / 1000} ms at most`)]
  const remedy = 'run chrony, systemd-timesyncd or ptp4l, and look again when it has found its servers'
  return [warning('clock', 'nothing keeps it right (adjtimex says unsynchronised)', remedy)]
}
