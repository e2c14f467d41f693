import { isTidemarkError, type Logger, TidemarkError } from '../../../common/index.ts'
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

/** What is put where, and how. */
export interface AttachSetup extends Pick<MarkerOptions, 'attach' | 'removeQdisc'> {
  link: Link
  program: BpfProgram
  direction: Direction
  log: Logger
}

/**
 * Attaches the program to one direction of an interface. With `auto`, where the kernel knows TCX but refuses it, clsact
 * does it, with a warning; where it refuses both, nothing does.
 *
 * @throws TidemarkError TCX_UNSUPPORTED, ATTACH_REFUSED, PERMISSION_DENIED
 */
export function attach(socket: NetlinkSocket, setup: AttachSetup): Attachment {
  const byClsact = () => ClsactAttachment.attach(socket, setup)
  if (setup.attach === 'clsact') return byClsact()
  const { link, program, direction, log } = setup
  try {
    const tcx = attachTcx(program, link, direction)
    if (tcx !== undefined) return tcxAttachment(tcx, setup)
  } catch (error) {
    if (setup.attach === 'tcx' || !isTidemarkError(error)) throw error
    const attachment = byClsact()
    const fields = { interface: link.name, direction, reason: error.message }
    log.warn(fields, 'TCX was refused: attached as a clsact filter, which outlives a flowd that is killed')
    return attachment
  }
  if (setup.attach === 'tcx') throw new TidemarkError('TCX_UNSUPPORTED', { interface: link.name })
  return byClsact()
}

function tcxAttachment(tcx: TcxLink, setup: AttachSetup): Attachment {
  return {
    how: 'tcx',
    isInPlace: () => tcx.isAttached(),
    disownQdisc: () => undefined,
    putBack: socket => {
      const again = attach(socket, setup)
      tcx.close()
      return again
    },
    detach: () => tcx.close(),
  }
}
