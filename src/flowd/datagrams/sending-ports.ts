import type { AddressFamily } from '../../scitags/index.ts'

/** The UDP ports that this process sends fireflies from: what comes from one of them on this host is our own. */
const ports = { ipv4: new Set<number>(), ipv6: new Set<number>() } as const

/** Notes a port that a socket sends from; what it returns forgets the port again. */
export function addSendingPort(family: AddressFamily, port: number): () => void {
  ports[family].add(port)
  return () => void ports[family].delete(port)
}

/** Whether this process sends fireflies from a port of this host. */
export function isSendingPort(family: AddressFamily, port: number): boolean {
  return ports[family].has(port)
}
