import { SOCKET_STATES, type SocketRecord } from '../../../../linux/index.ts'
import { wholeNumber } from './integer.ts'
import { sorted } from './sorted.ts'

/** Address families in `inet_diag_msg`. */
const FAMILY = { ipv4: 2, ipv6: 10 } as const

/**
 * What sock_diag tells of a socket beside `tcp_info`, under flowd-go's names; the kernel sends not all of it for each.
 */
export function socketBlocks(socket: SocketRecord): Record<string, object> {
  const { bbr, tos, memory, socketMemory, vegas, dctcp } = socket
  const blocks: Record<string, Record<string, unknown> | undefined> = {
    skBuff: skBuff(socket),
    bbr: bbr && {
      bbrBW: wholeNumber(bbr.bandwidth),
      bbrMinRTT: bbr.minRttUs,
      bbrPacingGain: bbr.pacingGain,
      bbrCwndGain: bbr.cwndGain,
    },
    tos: tos === undefined ? undefined : { tos },
    memInfo: memory && { rMem: memory.rmem, wMem: memory.wmem, fMem: memory.fmem, tMem: memory.tmem },
    skMemInfo: socketMemory && {
      rMemAlloc: socketMemory.rmemAlloc,
      rcvBuff: socketMemory.rcvbuf,
      WMemAlloc: socketMemory.wmemAlloc,
      sndBuff: socketMemory.sndbuf,
      fwdAlloc: socketMemory.fwdAlloc,
      wMemQueued: socketMemory.wmemQueued,
      optMem: socketMemory.optmem,
      backlog: socketMemory.backlog,
      drops: socketMemory.drops,
    },
    vegasInfo: vegas && {
      enabled: vegas.enabled,
      rttCount: vegas.rttCount,
      rtt: vegas.rttUs,
      minRtt: vegas.minRttUs,
    },
    dctcpInfo: dctcp && {
      enabled: Number(dctcp.enabled),
      ceState: dctcp.ceState,
      alpha: dctcp.alpha,
      abeCn: dctcp.abEcn,
      abTot: dctcp.abTotal,
    },
  }
  const present = Object.entries(blocks).flatMap(([name, block]) => (block ? [[name, sorted(block)] as const] : []))
  return Object.fromEntries(present)
}

/** `struct inet_diag_msg`. Ports and addresses are numbers as people read them: 443, and 10.0.0.1 is 0x0a000001. */
function skBuff(socket: SocketRecord): Record<string, unknown> {
  return {
    family: FAMILY[socket.family],
    state: SOCKET_STATES.indexOf(socket.state),
    timer: socket.timer,
    retrans: socket.retransmits,
    id: sorted({
      srcPort: socket.localPort,
      dstPort: socket.remotePort,
      srcIP: words(socket.localBytes),
      dstIP: words(socket.remoteBytes),
      ifId: socket.interfaceIndex,
      cookie: [Number(`0x${socket.cookie.slice(8)}`), Number(`0x${socket.cookie.slice(0, 8)}`)],
    }),
    expires: socket.expiresMs,
    rQueue: socket.receiveQueueBytes,
    wQueue: socket.sendQueueBytes,
    uid: socket.uid,
    iNode: socket.inode,
  }
}

/** An address as the four words that the structure has room for; IPv4 uses the first. */
function words(address: Buffer): number[] {
  return [0, 4, 8, 12].map(offset => (offset < address.length ? address.readUInt32BE(offset) : 0))
}
