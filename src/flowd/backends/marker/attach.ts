import { TidemarkError } from '../../../common/index.ts'
import { attachTcx, type BpfProgram, type Link, type NetlinkSocket, type TcxLink } from '../../../linux/index.ts'
import type { Attachment } from './attachment.ts'
import { ClsactAttachment } from './clsact-attachment.ts'
import type { MarkerOptions } from './options.ts'

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
    if (tcx !== undefined) return tcxAttachment(tcx, link, program)
    if (attach === 'tcx') throw new TidemarkError('TCX_UNSUPPORTED', { interface: link.name })
  }
  return ClsactAttachment.attach(socket, link, program, removeQdisc)
}

function tcxAttachment(first: TcxLink, link: Link, program: BpfProgram): Attachment {
  let tcx = first
  return {
    how: 'tcx',
    isInPlace: () => tcx.isAttached(),
    disownQdisc: () => undefined,
    putBack: () => {
      const again = attachTcx(program, link)
      if (again === undefined) throw new TidemarkError('TCX_UNSUPPORTED', { interface: link.name })
      tcx.close()
      tcx = again
    },
    detach: () => tcx.close(),
  }
}
