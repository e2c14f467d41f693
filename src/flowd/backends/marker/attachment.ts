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
   * @throws TidemarkError TCX_UNSUPPORTED, ATTACH_REFUSED, PERMISSION_DENIED
   */
  putBack(socket: NetlinkSocket): void
  /** Removes what is still there of it. Idempotent. */
  detach(socket: NetlinkSocket): void
}
