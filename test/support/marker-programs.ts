import { expect } from 'vitest'
import { silentLogger } from '../../src/common/index.ts'
import { type KernelProgramOptions, KernelPrograms } from '../../src/flowd/backends/marker/kernel-programs.ts'
import { OUTCOMES, type Outcome } from '../../src/flowd/backends/marker/layout.ts'
import { Marks } from '../../src/flowd/backends/marker/marks.ts'
import type { Markable } from '../../src/flowd/backends/marker/strategy.ts'
import { BpfObject, type BpfProgram, ETHERNET_HEADER_BYTES, type TestRun } from '../../src/linux/index.ts'
import { type FiveTuple, flowKey } from '../../src/scitags/index.ts'

/** What every program returns: the next one decides (linux/pkt_cls.h). */
export const TC_ACT_UNSPEC = -1

/** A flow as the marker is told of it. */
export function markable(tuple: FiveTuple, label: number | undefined, ids = { experiment: 2, activity: 16 }): Markable {
  return { key: flowKey(tuple), tuple, label, ...ids }
}

/** The marker's program in the kernel, to be run on frames without any interface. */
export class MarkerPrograms {
  readonly #programs: KernelPrograms
  readonly program: BpfProgram
  readonly marks: Marks

  constructor({
    maxFlows = 1000,
    strategy = 'label',
    matchAll = false,
    debug = false,
    programPath = '',
  }: Partial<KernelProgramOptions> = {}) {
    this.#programs = new KernelPrograms({ maxFlows, strategy, matchAll, debug, programPath }, silentLogger)
    this.program = this.#programs.program(14)
    this.marks = new Marks(this.#programs.marks!, strategy)
  }

  /** Runs the program on a frame, and tells which counter it raised. */
  run(frame: Buffer, program = this.program): TestRun & { counter: Outcome } {
    const before = this.#programs.counts
    const run = program.testRun(frame)
    const after = this.#programs.counts
    const raised = OUTCOMES.filter(name => after[name] !== before[name])
    const [counter] = raised
    if (counter === undefined || after.seen !== before.seen + 1) throw new Error(`counted as ${raised.join(', ')}`)
    return { ...run, counter }
  }

  /** What learns the path MTU for it, where the strategy inserts. */
  get learner(): BpfProgram {
    return this.#programs.learner(14)!
  }

  /** A program of the tests that does its work on a packet and then jumps to the marker. */
  before(name: string): { probe: BpfObject; program: BpfProgram } {
    const probe = BpfObject.load({ path: 'test/support/bpf/probe.bpf.o', program: name })
    probe.map('probe_next').set(uint32(0), uint32(this.program.fd))
    return { probe, program: probe.program(name) }
  }

  /** Expects a frame to pass as it is, counted so. */
  expectUntouched(frame: Buffer, counter: string, program = this.program): void {
    const run = this.run(frame, program)
    expect({ ...run, packet: run.packet.toString('hex'), durationNs: 0 }).toEqual({
      returned: TC_ACT_UNSPEC,
      counter,
      packet: frame.toString('hex'),
      durationNs: 0,
    })
  }

  /** Expects a frame that is marked to pass as it is when it is cut, at any length. */
  expectUntouchedWhenCut(whole: Buffer): void {
    expect(this.run(whole).counter).toBe('marked')
    const { probe, program } = this.before('probe_cut')
    for (let length = ETHERNET_HEADER_BYTES; length < whole.length; length += 1) {
      probe.map('probe_length').set(uint32(0), uint32(length))
      const { returned, packet, counter } = this.run(whole, program)
      expect({ returned, counter }).toEqual({ returned: TC_ACT_UNSPEC, counter: 'truncated' })
      expect(packet.toString('hex')).toBe(whole.subarray(0, length).toString('hex'))
    }
    probe.close()
  }

  [Symbol.dispose](): void {
    this.#programs.close()
  }
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
