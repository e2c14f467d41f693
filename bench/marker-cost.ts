import { KernelPrograms } from '../src/flowd/backends/marker/kernel-programs.ts'
import { Marks } from '../src/flowd/backends/marker/marks.ts'
import { BpfObject, type BpfProgram } from '../src/linux/index.ts'
import { ipv4Frame, ipv6Frame, jumbo, VECTOR_FLOW } from '../test/support/frames.ts'
import { markable, tupleOf } from '../test/support/marker-programs.ts'

/**
 * Claim: with 100,000 flows in the map, marking a packet costs at most 40 ns over an empty program. Both are run by the
 * kernel (BPF_PROG_TEST_RUN) in turns, on the same packet; of all turns the least counts, because what others do on the
 * machine only adds. Several flows are looked up, since where one lies in the hash table matters: the mean over them counts.
 */
const LIMIT_NS = 40
const FLOWS = 100_000
const LOOKED_UP = 8
const ROUNDS = 12
const RUNS = 500_000

const programs = new KernelPrograms({ maxFlows: FLOWS, strategy: 'label', matchAll: false, debug: false })
const marker = programs.program(14)
const probe = BpfObject.load({ path: 'test/support/bpf/probe.bpf.o', program: 'probe_empty' })
const empty = probe.program('probe_empty')
const marks = new Marks(programs.marks!)

/** The ends of the flow with a number: 50,000 source ports, and as many destinations as that takes. */
function ends(index: number) {
  return { ...VECTOR_FLOW, sourcePort: 1000 + (index % 50_000), destinationPort: 5000 + Math.floor(index / 50_000) }
}

const insertStart = performance.now()
for (let index = 0; index < FLOWS; index += 1) {
  if (marks.add(markable(tupleOf(ends(index)), index)) !== 'marked') throw new Error(`flow ${index} is not marked`)
}
const insertNs = ((performance.now() - insertStart) * 1e6) / FLOWS

/** The least mean time of a run over all rounds, of the marker and of the empty program, in turns. */
function least(frame: Buffer): { marker: number; empty: number } {
  const best = { marker: Number.POSITIVE_INFINITY, empty: Number.POSITIVE_INFINITY }
  const run = (program: BpfProgram) => program.testRun(frame, RUNS).durationNs
  for (let round = 0; round < ROUNDS; round += 1) {
    best.empty = Math.min(best.empty, run(empty))
    best.marker = Math.min(best.marker, run(marker))
  }
  return best
}

/** Nanoseconds over the empty program: the mean over some frames. */
function cost(frames: readonly Buffer[]): number {
  const costs = frames.map(least).map(best => best.marker - best.empty)
  return costs.reduce((sum, ns) => sum + ns, 0) / costs.length
}

const chosen = Array.from({ length: LOOKED_UP }, (_, index) => ends(Math.floor((index * FLOWS) / LOOKED_UP) + index))
const before = programs.counts.marked
const hitNs = cost(chosen.map(flow => ipv6Frame(flow)))
const runs = LOOKED_UP * ROUNDS * RUNS
if (programs.counts.marked !== before + runs) throw new Error('not every run has marked its packet')
const jumboFrame = ipv6Frame({ ...chosen[0]!, extensions: [jumbo(33)], claimedBytes: 0 })

console.log(`empty program: ${least(ipv4Frame()).empty} ns a packet; a mark from user space: ${insertNs.toFixed(0)} ns`)
console.log(`over the empty program, with ${FLOWS} flows:`)
console.log(`  declared flow, marked:                ${hitNs.toFixed(1)} ns (mean of ${LOOKED_UP} flows)`)
console.log(`  other flow:                           ${cost([ipv6Frame({ destinationPort: 9 })]).toFixed(1)} ns`)
console.log(`  not IPv6:                             ${cost([ipv4Frame()]).toFixed(1)} ns`)
console.log(
  `  declared, VLAN tag in the payload:    ${cost([ipv6Frame({ ...chosen[0]!, vlanTypes: [0x8100] })]).toFixed(1)} ns`,
)
console.log(`  declared, with the header of BIG TCP: ${cost([jumboFrame]).toFixed(1)} ns`)
console.log(`${hitNs.toFixed(1)} ns of at most ${LIMIT_NS} ns, ratio ${(hitNs / LIMIT_NS).toFixed(2)}`)
programs.close()
probe.close()
process.exitCode = hitNs <= LIMIT_NS ? 0 : 1
