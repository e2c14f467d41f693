import { TidemarkError } from '../../../common/index.ts'
import { attachTcx, type BpfProgram, type Link, NETLINK, NetlinkSocket } from '../../../linux/index.ts'
import { attachClsactFilter, removeClsactFilter } from './clsact-filter.ts'
import type { MarkerOptions } from './options.ts'

/** The program on one interface. */
export interface Attachment {
  how: 'tcx' | 'clsact'
  detach(): void
}

/**
 * Attaches the program to an interface's egress.
 *
 * @throws TidemarkError TCX_UNSUPPORTED, ATTACH_REFUSED, PERMISSION_DENIED
 */
export function attach(
  socket: NetlinkSocket,
  link: Link,
  program: BpfProgram,
  { attach, removeQdisc }: Pick<MarkerOptions, 'attach' | 'removeQdisc'>,
): Attachment {
  if (attach !== 'clsact') {
    const tcx = attachTcx(program, link)
    if (tcx !== undefined) return { how: 'tcx', detach: () => tcx.close() }
    if (attach === 'tcx') throw new TidemarkError('TCX_UNSUPPORTED', { interface: link.name })
  }
  const filter = attachClsactFilter(socket, link, program)
  return {
    how: 'clsact',
    detach: () => {
      using own = NetlinkSocket.open(NETLINK.ROUTE)
      removeClsactFilter(own, filter, { removeQdisc })
    },
  }
}
