import { AF } from '../socket-constants.ts'
import { decodeUint32, findAttribute } from './attribute.ts'
import type { NetlinkMessage } from './message.ts'
import type { NetlinkSocket } from './socket.ts'

/** linux/rtnetlink.h */
const RTM_NEWROUTE = 24
const RTM_GETROUTE = 26
const RTM_F_CLONED = 0x200
const RTA_DST = 1
const RTA_METRICS = 8
const RTA_CACHEINFO = 12
const RTAX_MTU = 2
/** Bytes of `struct rtmsg`, and where its flags are. */
const INFO_LENGTH = 12
const FLAGS_OFFSET = 8
const ADDRESS_BYTES = 16
/** Where `struct rta_cacheinfo` says when the path is forgotten. */
const EXPIRES_OFFSET = 8
/** The kernel tells times of routes in hundredths of a second (USER_HZ). */
const TICK_MS = 10

/** What the kernel learned of the path to a destination from routers. */
export interface LearnedPath {
  /** 16 bytes */
  destination: Buffer
  /** In bytes. */
  mtu: number
  /** How long from now the kernel keeps to it. */
  expiresMs: number
}

/**
 * Lists the IPv6 paths whose MTU the kernel learned. The socket must be strict, or else every route is gone through.
 *
 * @throws TidemarkError NETLINK_REFUSED, PERMISSION_DENIED, SYSTEM_CALL_FAILED
 */
export function listLearnedPaths(socket: NetlinkSocket): LearnedPath[] {
  const payload = Buffer.alloc(INFO_LENGTH)
  payload[0] = AF.INET6
  payload.writeUInt32LE(RTM_F_CLONED, FLAGS_OFFSET)
  const messages = [...socket.dump({ name: 'list of learned paths', type: RTM_GETROUTE, payload })]
  return messages.map(decodeLearnedPath).filter(path => path !== undefined)
}

/** Undefined for routes, and for what was learned of the path but not its MTU: that does not expire. */
export function decodeLearnedPath({ type, payload }: NetlinkMessage): LearnedPath | undefined {
  if (type !== RTM_NEWROUTE || payload.length < INFO_LENGTH) return undefined
  if (payload[0] !== AF.INET6 || (payload.readUInt32LE(FLAGS_OFFSET) & RTM_F_CLONED) === 0) return undefined
  const destination = findAttribute(payload, RTA_DST, INFO_LENGTH)
  const metrics = findAttribute(payload, RTA_METRICS, INFO_LENGTH)
  const mtu = decodeUint32(findAttribute(metrics, RTAX_MTU), undefined)
  const times = findAttribute(payload, RTA_CACHEINFO, INFO_LENGTH)
  if (destination?.length !== ADDRESS_BYTES || mtu === undefined) return undefined
  if (times === undefined || times.length < EXPIRES_OFFSET + 4) return undefined
  const expiresMs = times.readInt32LE(EXPIRES_OFFSET) * TICK_MS
  return expiresMs > 0 ? { destination, mtu, expiresMs } : undefined
}
