import type { ErrorEntry } from './entry.ts'

/** Errors of the host daemon and of the kernel it stands on. */
export const FLOWD_ERRORS = {
  PLATFORM_UNSUPPORTED: {
    message: 'this needs a Linux kernel, and this is {platform}',
    remedy: 'run it on a Linux host; everything that touches no packets works here as well',
    exitCode: 78,
    httpStatus: 501,
  },
  PERMISSION_DENIED: {
    message: 'the kernel does not permit the {call}: {reason}',
    remedy: 'run as root, or grant CAP_NET_ADMIN (and CAP_BPF for the marker), see docs/how-to/not-root.md',
    exitCode: 78,
    httpStatus: 500,
  },
  SYSTEM_CALL_FAILED: {
    message: 'the {call} failed: {reason}',
    remedy: "'tidemark doctor' checks what the kernel offers; please report the message if it finds nothing",
    exitCode: 1,
    httpStatus: 500,
  },
  NETLINK_REFUSED: {
    message: 'the kernel refused the {request}: {reason}',
    remedy: "check that the interface exists and that nobody else changed it meanwhile ('ip link')",
    exitCode: 1,
    httpStatus: 500,
  },
  SOCKET_DIAGNOSTICS_MISSING: {
    message: 'this kernel cannot tell which {family} {protocol} sockets live: its module for that is missing',
    remedy: 'load it with: modprobe -a inet_diag tcp_diag udp_diag',
    exitCode: 78,
    httpStatus: 500,
  },
} as const satisfies Record<string, ErrorEntry>
