import { checked, libc } from '../libc.ts'
import { AF, SOCK, SOL } from '../socket-constants.ts'

const NETLINK_CAP_ACK = 10
const NETLINK_EXT_ACK = 11

/**
 * Opens a netlink socket in the current network namespace.
 *
 * @throws TidemarkError PERMISSION_DENIED, SYSTEM_CALL_FAILED, PLATFORM_UNSUPPORTED
 */
export function openNetlink(family: number): number {
  const fd = checked('opening of a netlink socket', libc().socket(AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, family))
  // Explanations and short acknowledgements are comforts of newer kernels: refusal changes nothing else.
  setOption(fd, SOL.NETLINK, NETLINK_EXT_ACK, [1])
  setOption(fd, SOL.NETLINK, NETLINK_CAP_ACK, [1])
  return fd
}

/** Sets an option of 32-bit words; whether the kernel takes it is not looked at. */
export function setOption(fd: number, level: number, option: number, words: readonly number[]): void {
  const value = Buffer.from(new Int32Array(words).buffer)
  libc().setsockopt(fd, level, option, value, value.length)
}
