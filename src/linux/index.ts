export type { BpfLink, LoadOptions, RingBufferMaps, TcxLink, TestRun } from './bpf/index.ts'
export {
  attachFilter,
  attachSockOps,
  attachTcx,
  BpfMap,
  BpfObject,
  BpfProgram,
  createClsact,
  destroyClsact,
  detachFilter,
  RingBuffer,
} from './bpf/index.ts'
export type { Capability } from './capabilities.ts'
export { CAPABILITIES, effectiveCapabilities } from './capabilities.ts'
export { resolveCgroup } from './cgroup.ts'
export { readClock, ticksPerSecond } from './clock.ts'
export { takeFile } from './file-lock.ts'
export { addressText, writeIpv6Address } from './ip-address.ts'
export { libbpfVersion } from './libbpf-version.ts'
export { ETHERNET_HEADER_BYTES, linkHeaderBytes } from './link-layer.ts'
export { enterNewNetworkNamespace, inNetworkNamespace } from './namespace.ts'
export type { Direction, Filter, InterfaceChange, Link, Removal } from './netlink/index.ts'
export {
  addAddress,
  createVeth,
  findBpfFilter,
  findLink,
  InterfaceChanges,
  limitSegments,
  listAddresses,
  listFilters,
  listLearnedPaths,
  listLinks,
  listQdiscs,
  NETLINK,
  NetlinkSocket,
  setLinkUp,
} from './netlink/index.ts'
export type { Ipv6Packet } from './packet-capture/index.ts'
export { decodeIpv6Frame, PacketCapture } from './packet-capture/index.ts'
export type { Platform } from './platform.ts'
export { KERNEL_BTF, requireBpf, thisPlatform } from './platform.ts'
export { ServiceNotifier } from './sd-notify.ts'
export type {
  PreparedLookup,
  SocketEnd,
  SocketFamily,
  SocketProtocol,
  SocketQuery,
  SocketState,
  TcpInfo,
} from './sock-diag/index.ts'
export {
  countSockets,
  plainTcpInfo,
  prepareLookup,
  readTcpInfo,
  SOCKET_STATES,
  SocketDeaths,
  SocketLookups,
  SocketRecord,
  SocketTable,
  STATES_BUT_LISTEN,
  stateMask,
  TCP_INFO_FIELDS,
} from './sock-diag/index.ts'
export { connectTcp6 } from './tcp-connection.ts'
export { udpDrops } from './udp-drops.ts'
export { grantedUdpReceiveBuffer, setUdpReceiveBuffer } from './udp-receive-buffer.ts'
