import {
  attachSockOps,
  type BpfLink,
  type BpfMap,
  BpfObject,
  type LoadOptions,
  resolveCgroup,
} from '../../linux/index.ts'
import { programFile } from '../program-path.ts'
import { RecordRing, type RecordRingSetup, ringMaps } from '../record-ring.ts'

export interface SocketProgramSetup<Told> extends RecordRingSetup<Told> {
  /** The object file that belongs to Tidemark, as `bpf/watcher.bpf.o`. */
  asset: string
  /** Another object file in its place, of the same layout; '' for none. */
  programPath: string
  load: Omit<LoadOptions, 'path'>
  /** As configured; see `resolveCgroup`. */
  cgroupPath: string
}

/**
 * A program on the TCP sockets of a cgroup that tells of them by a ring buffer (`bpf/ring.h`). It runs until `close`,
 * or until the process ends.
 *
 * @typeParam Told what a record of the program says
 */
export class SocketProgram<Told> {
  /** The cgroup that it is attached to. */
  readonly cgroup: string
  readonly #object: BpfObject
  readonly #ring: RecordRing<Told>
  readonly #link: BpfLink
  #open = true

  /**
   * Loads and attaches the program; it runs when this returns.
   *
   * @throws TidemarkError CGROUP_MISSING, CGROUP_INVALID, CGROUP_ATTACH_REFUSED, ASSET_MISSING, BPF_OBJECT_INVALID,
   *   BPF_LOAD_REFUSED, PERMISSION_DENIED
   */
  constructor(setup: SocketProgramSetup<Told>) {
    const { asset, programPath, load, cgroupPath } = setup
    this.cgroup = resolveCgroup(cgroupPath)
    using made = new DisposableStack()
    this.#object = made.use(BpfObject.load({ ...load, path: programFile(programPath, asset) }))
    this.#ring = made.use(new RecordRing(ringMaps(this.#object), setup))
    this.#link = attachSockOps(this.#object.program(load.program), this.cgroup)
    made.move()
  }

  map(name: string): BpfMap {
    return this.#object.map(name)
  }

  /** Runs a program of the same object that goes over sockets; says how many bytes it wrote. */
  iterate(program: string): number {
    return this.#object.program(program).iterate()
  }

  /** Detaches the program, hands over what it has written until then, and takes it out of the kernel. Idempotent. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#link.close()
    this.#ring.close()
    this.#object.close()
  }
}
