import { closeSync } from 'node:fs'

/** A program attached somewhere. It is detached by `close`, and by the kernel when the process ends. */
export interface BpfLink {
  /** Idempotent. */
  close(): void
}

/** The link that a descriptor stands for, which it owns from now on. */
export function ownLink(fd: number): BpfLink {
  let open = true
  return {
    close: () => {
      if (open) closeSync(fd)
      open = false
    },
  }
}
