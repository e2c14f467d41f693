import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { resolveCgroup } from '../../../src/linux/index.ts'

let made = 0

/** A cgroup of a test, so that only its own sockets are watched. */
export class TestCgroup {
  readonly path: string

  constructor() {
    made += 1
    this.path = join(resolveCgroup(''), `tm-${process.pid}-${made}`)
    mkdirSync(this.path)
  }

  /** Moves a process in; the sockets that it makes from now on are of this cgroup. */
  add(pid: number | undefined): void {
    writeFileSync(join(this.path, 'cgroup.procs'), String(pid))
  }

  /** Removes it; the processes in it have ended. */
  remove(): void {
    rmdirSync(this.path)
  }
}
