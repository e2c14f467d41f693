// Numbers of the socket calls (sys/socket.h, linux/socket.h), the same on x64 and arm64.

/** Address families. */
export const AF = { UNSPEC: 0, UNIX: 1, INET: 2, INET6: 10, NETLINK: 16, PACKET: 17 } as const

/** Types of sockets, and the flag that keeps a socket from the programs that this process starts. */
export const SOCK = { STREAM: 1, DGRAM: 2, RAW: 3, CLOEXEC: 0x80000 } as const

/** Levels of socket options. */
export const SOL = { SOCKET: 1, PACKET: 263, NETLINK: 270 } as const

/** Flags of sending and receiving. */
export const MSG = { TRUNC: 0x20, DONTWAIT: 0x40, NOSIGNAL: 0x4000 } as const
