import type { ErrorEntry } from './entry.ts'

/** Errors of the demo and of the simulator. */
export const DEMO_ERRORS = {
  DEMO_NEEDS_ROOT: {
    message: 'the demo makes network namespaces, loads a BPF program and captures packets, which user {user} may not',
    remedy: 'run it as root: sudo make demo (everything happens in networks of its own and is gone afterwards)',
    exitCode: 78,
    httpStatus: 500,
  },
  DEMO_HOST_ENDED: {
    message: "the demo's {role} is gone: {reason}",
    remedy: 'run the demo again with --log-level debug, and see what it says last',
    exitCode: 1,
    httpStatus: 500,
  },
  DEMO_FLOWD_FAILED: {
    message: 'flowd ended with code {code} before it was ready; its last words:\n{log}',
    remedy: "mend what flowd names; 'tidemark doctor' checks what it needs",
    exitCode: 1,
    httpStatus: 500,
  },
  CAPTURE_UNREADABLE: {
    message: '{file} cannot be replayed: {reason}',
    remedy: 'give a recording of a network, one JSON object a line; docs/reference/simulator.md describes it',
    exitCode: 78,
    httpStatus: 500,
  },
} as const satisfies Record<string, ErrorEntry>
