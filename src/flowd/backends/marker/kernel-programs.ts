import type { Logger } from '../../../common/index.ts'
import { type BpfMap, BpfObject, type BpfProgram, type RingBufferMaps } from '../../../linux/index.ts'
import { programFile } from '../../program-path.ts'
import { LOST_MAP, RECORDS_MAP, ringMaps } from '../../record-ring.ts'
import {
  COUNTERS_MAP,
  encodeSettings,
  MAP_LAYOUT,
  MARKS_MAP,
  type PacketCounts,
  PROGRAM_NAME,
  type ProgramSettings,
  sumCounters,
} from './layout.ts'
import { KnownPaths, LearnerPrograms, PATHS_MAP } from './path-mtu/index.ts'
import { INSERTED_BYTES } from './strategy.ts'

/**
 * The least ring that every page size allows. There is one even where nobody debugs: without CAP_PERFMON the verifier
 * also follows what a processor may do speculatively, and finds a map that is not there (seen with Linux 6.1 and 6.12).
 */
const UNUSED_RING_BYTES = 65_536
/** Likewise the map of paths is there where nothing is inserted. */
const UNUSED_PATHS = 1

const NO_PACKETS = sumCounters(() => [])

export interface KernelProgramOptions extends Omit<ProgramSettings, 'linkHeaderBytes'> {
  maxFlows: number
  /** An object file in place of ours; '' for none. */
  programPath: string
}

/**
 * The marker in the kernel: one program for each length of link-layer header among the interfaces, all with the same
 * marks and counters.
 */
export class KernelPrograms {
  readonly #options: KernelProgramOptions
  readonly #objects = new Map<number, BpfObject>()
  readonly #learners: LearnerPrograms
  readonly #log: Logger
  #knownPaths: KnownPaths | undefined
  #finalCounts: PacketCounts = NO_PACKETS

  constructor(options: KernelProgramOptions, log: Logger) {
    this.#options = options
    this.#log = log
    this.#learners = new LearnerPrograms(options)
  }

  /**
   * The program for interfaces whose packets begin with so many bytes of link-layer header, loaded at the first call.
   *
   * @throws TidemarkError ASSET_MISSING, BPF_OBJECT_INVALID, BPF_LOAD_REFUSED, PERMISSION_DENIED
   */
  program(linkHeaderBytes: number): BpfProgram {
    const object = this.#objects.get(linkHeaderBytes) ?? this.#load(linkHeaderBytes)
    return object.program(PROGRAM_NAME)
  }

  /**
   * What learns the path MTU on such interfaces, once their marker is loaded; undefined where the marker inserts
   * nothing, and for an object in place of ours. What the kernel knows of paths is known from then on.
   *
   * @throws TidemarkError ASSET_MISSING, BPF_OBJECT_INVALID, BPF_LOAD_REFUSED, PERMISSION_DENIED
   */
  learner(linkHeaderBytes: number): BpfProgram | undefined {
    const object = this.#objects.get(linkHeaderBytes)
    if (object === undefined || !this.#learns) return undefined
    const paths = object.map(PATHS_MAP)
    this.#knownPaths ??= new KnownPaths(paths, this.#log)
    return this.#learners.program(linkHeaderBytes, { marks: object.map(MARKS_MAP), paths })
  }

  /** The marks, once a program is loaded. */
  get marks(): BpfMap | undefined {
    return this.#first?.map(MARKS_MAP)
  }

  /** What the programs tell in debugging, once one is loaded. */
  get verdicts(): RingBufferMaps | undefined {
    const first = this.#first
    return first === undefined || !this.#options.debug ? undefined : ringMaps(first)
  }

  /** What became of the packets so far; after `close`, until then. */
  get counts(): PacketCounts {
    const first = this.#first
    if (first === undefined) return this.#finalCounts
    const map = first.map(COUNTERS_MAP)
    const key = Buffer.alloc(map.keyBytes)
    return sumCounters(outcome => {
      key.writeUInt32LE(outcome)
      return map.getPerCpu(key)
    })
  }

  /** Takes the programs and maps out of the kernel. Idempotent. */
  close(): void {
    this.#finalCounts = this.counts
    this.#knownPaths?.close()
    this.#learners.close()
    for (const object of this.#objects.values()) object.close()
    this.#objects.clear()
  }

  get #learns(): boolean {
    return this.#isOurs && INSERTED_BYTES[this.#options.strategy] > 0
  }

  get #isOurs(): boolean {
    return this.#options.programPath === ''
  }

  get #first(): BpfObject | undefined {
    return this.#objects.values().next().value
  }

  #load(linkHeaderBytes: number): BpfObject {
    const first = this.#first
    const object = BpfObject.load({
      path: programFile(this.#options.programPath, 'bpf/marker.bpf.o'),
      program: PROGRAM_NAME,
      layout: MAP_LAYOUT,
      constants: encodeSettings({ ...this.#options, linkHeaderBytes }),
      ...(first === undefined ? { maxEntries: this.#mapSizes() } : { sharedMaps: this.#mapsOf(first) }),
    })
    this.#objects.set(linkHeaderBytes, object)
    return object
  }

  #mapSizes(): Record<string, number> {
    const { maxFlows, debug } = this.#options
    return {
      [MARKS_MAP]: maxFlows,
      ...(debug ? {} : { [RECORDS_MAP]: UNUSED_RING_BYTES }),
      ...(this.#isOurs && !this.#learns ? { [PATHS_MAP]: UNUSED_PATHS } : {}),
    }
  }

  #mapsOf(object: BpfObject): BpfMap[] {
    const names = [MARKS_MAP, COUNTERS_MAP, RECORDS_MAP, LOST_MAP, ...(this.#isOurs ? [PATHS_MAP] : [])]
    return names.map(name => object.map(name))
  }
}
