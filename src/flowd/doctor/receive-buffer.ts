import { existsSync, readFileSync } from 'node:fs'
import { ok, warning } from '../../checks/index.ts'
import type { HostCheck } from './host.ts'

const LARGEST = '/proc/sys/net/core/rmem_max'

/** Whether the kernel grants the receiver of fireflies the buffer that it asks for. */
export const checkReceiveBuffer: HostCheck = ({ configuration }) => {
  const check = 'receive buffer'
  const wanted = configuration.plugins?.firefly?.receiveBuffer
  // Before Linux 6.17 the setting shows in the first network namespace only.
  const granted = existsSync(LARGEST) ? Number(readFileSync(LARGEST, 'utf8')) : undefined
  const found = granted === undefined ? 'net.core.rmem_max does not show here' : `net.core.rmem_max is ${granted}`
  if (wanted === undefined) return [ok(check, `${found}; no fireflies are received`)]
  if (granted === undefined)
    return [warning(check, found, 'look in the first network namespace: sysctl net.core.rmem_max')]
  if (granted >= wanted) return [ok(check, `${found}, receiveBuffer ${wanted}`)]
  const remedy = `sysctl -w net.core.rmem_max=${wanted}, and a line in /etc/sysctl.d; else a burst of fireflies is cut short`
  return [warning(check, `${found}, receiveBuffer ${wanted}`, remedy)]
}
