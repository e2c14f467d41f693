import { readClock } from '../../linux/index.ts'
import { ok, warning } from './finding.ts'
import type { Check } from './host.ts'

/** Fireflies carry times, which collectors of several hosts compare. */
export const checkClock: Check = () => {
  const { synchronised, maxErrorUs } = readClock()
  if (synchronised) return [ok('clock', `synchronised, off by ${maxErrorUs / 1000} ms at most`)]
  const remedy = 'run chrony, systemd-timesyncd or ptp4l, and look again when it has found its servers'
  return [warning('clock', 'nothing keeps it right (adjtimex says unsynchronised)', remedy)]
}
