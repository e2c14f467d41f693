import { existsSync, readFileSync } from 'node:fs'
import { assetPath } from '../../../../common/index.ts'
import { type BpfMap, BpfObject, type BpfProgram } from '../../../../linux/index.ts'
import { encodeLearnerSettings, type LearnerSettings, MARGIN_MS, PATH_PROGRAM_NAME } from './layout.ts'

/** How long this network namespace keeps to the path MTU that it learned, in seconds (ip-sysctl, `mtu_expires`). */
const LIFETIME_FILE = '/proc/sys/net/ipv6/route/mtu_expires'
const DEFAULT_LIFETIME_S = 600

/** The programs that learn the path MTU, one for each length of link-layer header, with the maps of the marker's. */
export class LearnerPrograms {
  readonly #settings: Pick<LearnerSettings, 'matchAll'>
  readonly #objects = new Map<number, BpfObject>()

  constructor(settings: Pick<LearnerSettings, 'matchAll'>) {
    this.#settings = settings
  }

  /**
   * The program for interfaces whose packets begin with so many bytes of link-layer header, loaded at the first call.
   *
   * @throws TidemarkError ASSET_MISSING, BPF_OBJECT_INVALID, BPF_LOAD_REFUSED, PERMISSION_DENIED
   */
  program(linkHeaderBytes: number, { marks, paths }: { marks: BpfMap; paths: BpfMap }): BpfProgram {
    const object = this.#objects.get(linkHeaderBytes) ?? this.#load(linkHeaderBytes, [marks, paths])
    return object.program(PATH_PROGRAM_NAME)
  }

  /** Takes the programs out of the kernel. Idempotent. */
  close(): void {
    for (const object of this.#objects.values()) object.close()
    this.#objects.clear()
  }

  #load(linkHeaderBytes: number, sharedMaps: readonly BpfMap[]): BpfObject {
    const object = BpfObject.load({
      path: assetPath('bpf/path-mtu.bpf.o'),
      program: PATH_PROGRAM_NAME,
      constants: encodeLearnerSettings({ ...this.#settings, linkHeaderBytes, lifetimeMs: lifetimeMs() }),
      sharedMaps,
    })
    this.#objects.set(linkHeaderBytes, object)
    return object
  }
}

function lifetimeMs(): number {
  const seconds = existsSync(LIFETIME_FILE) ? Number(readFileSync(LIFETIME_FILE, 'utf8')) : DEFAULT_LIFETIME_S
  return seconds * 1000 + MARGIN_MS
}
