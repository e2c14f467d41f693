import { BpfObject } from '../../src/linux/index.ts'

/**
 * The program `probe_ring`, run on packets that carry numbers: it tells each in a record of 4 bytes, or of 8 when the
 * number is odd, and keeps silent about those that 5 divides.
 */
export class RingProbe {
  readonly object = BpfObject.load({ path: 'test/support/bpf/ring-probe.bpf.o', program: 'probe_ring' })
  readonly #program = this.object.program('probe_ring')
  readonly #packet = Buffer.alloc(64)

  write(first: number, count: number): void {
    for (let number = first; number < first + count; number += 1) {
      this.#packet.writeUInt32LE(number, 14)
      this.#program.testRun(this.#packet)
    }
  }

  [Symbol.dispose](): void {
    this.object.close()
  }
}

/**
 * How many records the ring of 65,536 bytes has room for. Each takes 16 bytes, of which 8 are its header; the kernel
 * never fills the last ones, by which a full ring differs from an empty one.
 */
export const RING_ROOM = 65_536 / 16 - 1

/** The numbers that the program tells of, of so many from the first one. */
export const toldNumbers = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index).filter(number => number % 5 !== 0)
