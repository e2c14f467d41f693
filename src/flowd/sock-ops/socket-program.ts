import {
  attachSockOps,
  type BpfLink,
  type BpfMap,
  BpfObject,
  type LoadOptions,
  RingBuffer,
  resolveCgroup,
} from '../../linux/index.ts'
import { programFile } from '../program-path.ts'

/** How often the losses of the ring are looked at. */
const LOOK_MS = 1000

export interface SocketProgramSetup {
  /** The object file that belongs to Tidemark, as `bpf/watcher.bpf.o`. */
  asset: string
  /** Another object file in its place, of the same layout; '' for none. */
  programPath: string
  load: Omit<LoadOptions, 'path'>
  /** As configured; see `resolveCgroup`. */
  cgroupPath: string
  /** Gets each record that the program writes, valid during the call only. */
  onRecord: (record: Buffer) => void
  /** Is told, within a second, how many records found the ring full. */
  onLost: (count: number) => void
}

/**
 * A program on the TCP sockets of a cgroup that tells of them by a ring buffer (`bpf/ring.h`). It runs until `close`, or
 * until the process ends.
 */
export class SocketProgram {
  /** The cgroup that it is attached to. */
  readonly cgroup: string
  readonly #setup: SocketProgramSetup
  readonly #object: BpfObject
  readonly #ring: RingBuffer
  readonly #link: BpfLink
  readonly #look: NodeJS.Timeout
  #lost = 0
  #open = true

  /**
   * Loads and attaches the program; it runs when this returns.
   *
   * @throws TidemarkError CGROUP_MISSING, CGROUP_INVALID, CGROUP_ATTACH_REFUSED, ASSET_MISSING, BPF_OBJECT_INVALID,
   *   BPF_LOAD_REFUSED, PERMISSION_DENIED
   */
  constructor(setup: SocketProgramSetup) {
    const { asset, programPath, load, cgroupPath } = setup
    this.#setup = setup
    this.cgroup = resolveCgroup(cgroupPath)
    using made = new DisposableStack()
    this.#object = made.use(BpfObject.load({ ...load, path: programFile(programPath, asset) }))
    const maps = { records: this.map('tidemark_records'), lost: this.map('tidemark_lost') }
    this.#ring = made.use(new RingBuffer(maps, setup.onRecord))
    this.#link = attachSockOps(this.#object.program(load.program), this.cgroup)
    made.move()
    this.#look = setInterval(() => this.#tellLost(), LOOK_MS)
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
    clearInterval(this.#look)
    this.#link.close()
    this.#ring.drain()
    this.#tellLost()
    this.#ring.close()
    this.#object.close()
  }

  #tellLost(): void {
    const lost = this.#ring.lost
    if (lost > this.#lost) this.#setup.onLost(lost - this.#lost)
    this.#lost = lost
  }
}
