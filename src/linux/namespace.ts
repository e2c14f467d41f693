import { closeSync, openSync } from 'node:fs'
import { checked, libc } from './libc.ts'

const CLONE_NEWNET = 0x40000000

/**
 * Moves the calling thread into a new, empty network namespace, which lives as long as a process, a socket or an
 * interface holds it. Sockets that are open already stay where they are, so call it before any is opened.
 *
 * @throws TidemarkError PERMISSION_DENIED without CAP_SYS_ADMIN
 */
export function enterNewNetworkNamespace(): void {
  checked('making of a network namespace', libc().unshare(CLONE_NEWNET))
}

/**
 * Runs an action in another network namespace and comes back. The action must be synchronous: a socket that it opens
 * stays in that namespace, but whatever it leaves for later runs in this one.
 *
 * @param path the namespace's file, as `/run/netns/NAME` or `/proc/PID/ns/net`
 * @throws TidemarkError PERMISSION_DENIED without CAP_SYS_ADMIN, and what the action throws
 */
export function inNetworkNamespace<T>(path: string, action: () => T): T {
  const here = openSync('/proc/thread-self/ns/net', 'r')
  try {
    const there = openSync(path, 'r')
    try {
      checked(`entering of the network namespace ${path}`, libc().setns(there, CLONE_NEWNET))
    } finally {
      closeSync(there)
    }
    try {
      return action()
    } finally {
      checked('return to the own network namespace', libc().setns(here, CLONE_NEWNET))
    }
  } finally {
    closeSync(here)
  }
}
