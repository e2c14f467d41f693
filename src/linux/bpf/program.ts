import { closeSync, readSync } from 'node:fs'
import { TidemarkError } from '../../common/index.ts'
import { libbpf, type Pointer } from '../libbpf.ts'
import { describeErrno } from '../libc.ts'

/** What a program made of a packet. */
export interface TestRun {
  /** What it returned, as a signed number: -1 is TC_ACT_UNSPEC. */
  returned: number
  packet: Buffer
  /** Mean time of a run in nanoseconds, as the kernel measured it. */
  durationNs: number
}

/** `sizeof(struct bpf_test_run_opts)` of libbpf 1.1; newer ones take it as well. */
const TEST_RUN_OPTIONS_BYTES = 104
const ITERATOR_READ_BYTES = 65_536
/** How much a program may add to a packet. */
const GROWTH_BYTES = 256

/** linux/bpf.h: how a program is attached that goes over the kernel's objects. */
const BPF_TRACE_ITER = 28

/** A loaded program. Closed with its object. */
export class BpfProgram {
  readonly name: string
  readonly fd: number

  constructor(name: string, program: Pointer) {
    this.name = name
    this.fd = libbpf().bpf_program__fd(program)
  }

  /**
   * Runs the program on a packet, without any interface (BPF_PROG_TEST_RUN). The packet begins with an Ethernet header
   * and must fit into a page.
   *
   * @throws TidemarkError SYSTEM_CALL_FAILED
   */
  testRun(packet: Uint8Array, repeat = 1): TestRun {
    const out = Buffer.alloc(packet.length + GROWTH_BYTES)
    const options = {
      sz: TEST_RUN_OPTIONS_BYTES,
      data_in: packet,
      data_out: out,
      data_size_in: packet.length,
      data_size_out: out.length,
      retval: 0,
      repeat,
      duration: 0,
    }
    const result = libbpf().bpf_prog_test_run_opts(this.fd, options)
    if (result < 0) {
      const call = `test run of the program ${this.name} on ${packet.length} bytes`
      throw new TidemarkError('SYSTEM_CALL_FAILED', { call, reason: describeErrno(-result) })
    }
    return {
      returned: options.retval | 0,
      packet: out.subarray(0, options.data_size_out),
      durationNs: options.duration,
    }
  }

  /**
   * Runs a program on each of the kernel's objects that it is made for, in the current network namespace.
   *
   * @returns how many bytes it wrote
   * @throws TidemarkError SYSTEM_CALL_FAILED
   */
  iterate(): number {
    const call = `walk of the program ${this.name}`
    using made = new DisposableStack()
    const open = (fd: number) => {
      if (fd < 0) throw new TidemarkError('SYSTEM_CALL_FAILED', { call, reason: describeErrno(-fd) })
      return made.adopt(fd, closeSync)
    }
    const walk = open(libbpf().bpf_iter_create(open(libbpf().bpf_link_create(this.fd, 0, BPF_TRACE_ITER, null))))
    const buffer = Buffer.alloc(ITERATOR_READ_BYTES)
    let total = 0
    for (;;) {
      const length = readSync(walk, buffer)
      if (length === 0) return total
      total += length
    }
  }
}
