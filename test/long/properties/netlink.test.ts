import { it } from 'vitest'
import { netlinkDecodersSurvive, socketRecordsSurvive } from '../../support/properties/netlink.ts'
import { SOCKET_REPLY } from '../../support/properties/socket-reply.ts'

it('netlink messages of any bytes never crash a decoder (a million)', () => netlinkDecodersSurvive(1_000_000))
it('sock_diag replies of any bytes never crash the decoder (a million)', () =>
  socketRecordsSurvive(1_000_000, SOCKET_REPLY))
