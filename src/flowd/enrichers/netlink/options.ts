import Type from 'typebox'
import { STATES_BUT_LISTEN } from '../../../linux/index.ts'

/** The configuration section `enrichers.netlink`. */
export const NETLINK_OPTIONS = Type.Object(
  {
    protocol: Type.Integer({
      default: 6,
      minimum: 0,
      maximum: 255,
      description: 'Flows of this IP protocol are looked at: 6 is TCP, 17 UDP.',
    }),
    ext: Type.Integer({
      default: 255,
      minimum: 0,
      maximum: 255,
      description:
        'Parts that the kernel is asked for, as a sum: 1 memory, 2 tcp_info, 4 vegas, dctcp or bbr, 8 congestion algorithm, 16 TOS, 32 traffic class, 64 socket memory, 128 shutdown.',
    }),
    state: Type.Integer({
      default: STATES_BUT_LISTEN,
      minimum: 0,
      maximum: 0xffffffff,
      description: 'Sockets in these TCP states are looked at, bit n for state n; 3071 is all but LISTEN.',
    }),
  },
  { description: 'TCP statistics as the kernel tells them of each socket (sock_diag).' },
)

export type NetlinkOptions = Type.Static<typeof NETLINK_OPTIONS>
