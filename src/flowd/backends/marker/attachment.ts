import type { NetlinkSocket } from '../../../linux/index.ts'

/** The program on one interface. Every call takes a socket of the interface's namespace. */
export interface Attachment {
  readonly how: 'tcx' | 'clsact'
  /**
   * Whether the program is where it was put; somebody else may have removed it.
   *
   * @throws TidemarkError SYSTEM_CALL_FAILED
   */
  isInPlace(socket: NetlinkSocket): boolean
  /** From now on a clsact qdisc on the interface counts as made by others. */
  disownQdisc(): void
  /**
   * Attaches the program again after somebody removed it.
   *
   * @returns what stands for it from now on: the kernel may have refused the way of before
   * @throws TidemarkError TCX_UNSUPPORTED, ATTACH_REFUSED, PERMISSION_DENIED
   */
  putBack(socket: NetlinkSocket): Attachment
  /** Removes what is still there of it. Idempotent. */
  detach(socket: NetlinkSocket): void
}

/** Two programs that stand and go together: what hinders the second from being attached takes the first away again. */
export function attachBoth(socket: NetlinkSocket, first: Attachment, attachSecond: () => Attachment): Attachment {
  const both = [first, orDetach(socket, first, attachSecond)]
  const together: Attachment = {
    // Of a filter's removal the kernel tells; of a link's it does not.
    get how() {
      return both.some(({ how }) => how === 'clsact') ? 'clsact' : 'tcx'
    },
    isInPlace: socket => both.every(attachment => attachment.isInPlace(socket)),
    disownQdisc: () => {
      for (const attachment of both) attachment.disownQdisc()
    },
    putBack: socket => {
      for (const [place, attachment] of both.entries()) {
        if (!attachment.isInPlace(socket)) both[place] = attachment.putBack(socket)
      }
      return together
    },
    // The first may have made what the second stands on.
    detach: socket => {
      const [marking, learning] = both
      try {
        learning?.detach(socket)
      } finally {
        marking?.detach(socket)
      }
    },
  }
  return together
}

function orDetach(socket: NetlinkSocket, first: Attachment, attachSecond: () => Attachment): Attachment {
  try {
    return attachSecond()
  } catch (error) {
    first.detach(socket)
    throw error
  }
}
