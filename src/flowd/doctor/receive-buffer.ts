import { ok, warning } from '../../checks/index.ts'
import { grantedUdpReceiveBuffer } from '../../linux/index.ts'
import type { HostCheck } from './host.ts'

/** Whether the kernel grants the receiver of fireflies the buffer that it asks for; it is asked. */
export const checkReceiveBuffer: HostCheck = ({ configuration }) => {
  const check = 'receive buffer'
  const wanted = configuration.plugins?.firefly?.receiveBuffer
  if (wanted === undefined) return [ok(check, 'no fireflies are received')]
  const granted = grantedUdpReceiveBuffer(wanted)
  const found = `receiveBuffer is ${wanted}, of which ${granted} bytes are granted`
  if (granted >= wanted) return [ok(check, found)]
  const remedy = `run flowd with CAP_NET_ADMIN, or sysctl -w net.core.rmem_max=${wanted}; else a burst of fireflies is cut short`
  return [warning(check, found, remedy)]
}
