import { TidemarkError } from '../../common/index.ts'
import { describeErrno, ERRNO } from '../libc.ts'

/**
 * Why a program cannot be put on an interface, as an error of the table: ATTACH_REFUSED, PERMISSION_DENIED.
 *
 * @param how `TCX` or `clsact`
 * @param errno what the kernel answered, as a positive number
 */
export function attachRefused(name: string, how: string, errno: number): TidemarkError {
  const reason = describeErrno(errno)
  if (errno === ERRNO.EPERM || errno === ERRNO.EACCES) {
    return new TidemarkError('PERMISSION_DENIED', { call: `attaching to ${name}`, reason })
  }
  return new TidemarkError('ATTACH_REFUSED', { interface: name, how, reason })
}
