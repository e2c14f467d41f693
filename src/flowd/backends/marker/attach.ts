import { TidemarkError } from '../../../common/index.ts'
import {
  attachTcx,
  type BpfProgram,
  type Direction,
  type Link,
  type NetlinkSocket,
  type TcxLink,
} from '../../../linux/index.ts'
import type { Attachment } from './attachment.ts'
import { ClsactAttachment } from './clsact-attachment.ts'
import type { MarkerOptions } from './options.ts'

/**
 * Attaches the program to one direction of an interface.
 *
 * @throws TidemarkError TCX_UNSUPPORTED, ATTACH_REFUSED, PERMISSION_DENIED
 */
export function attach(
  socket: NetlinkSocket,
  link: Link,
  program: BpfProgram,
  direction: Direction,
  { attach, removeQdisc }: Pick<MarkerOptions, 'attach' | 'removeQdisc'>,
): Attachment {
  if (attach !== 'clsact') {
    const attachAgain = () => attachTcx(program, link, direction)
    const tcx = attachAgain()
    if (tcx !== undefined) return tcxAttachment(tcx, link, attachAgain)
    if (attach === 'tcx') throw new TidemarkError('TCX_UNSUPPORTED', { interface: link.name })
  }
  return ClsactAttachment.attach(socket, { link, program, direction, removeQdisc })
}

function tcxAttachment(first: TcxLink, link: Link, attachAgain: () => TcxLink | undefined): Attachment {
  let tcx = first
  return {
    how: 'tcx',
    isInPlace: () => tcx.isAttached(),
    disownQdisc: () => undefined,
    putBack: () => {
      const again = attachAgain()
      if (again === undefined) throw new TidemarkError('TCX_UNSUPPORTED', { interface: link.name })
      tcx.close()
      tcx = again
    },
    detach: () => tcx.close(),
  }
}
