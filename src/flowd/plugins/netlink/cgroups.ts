import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../../common/index.ts'

/** Hosts that start containers all day make new cgroups for ever: beyond so many, all are forgotten and read again. */
export const MAX_KNOWN = 10_000

/**
 * Knows which cgroups lie below those that rules name. A cgroup's id is the inode of its folder, is never used again,
 * and neither it nor a socket's cgroup ever changes: what was found once holds.
 */
export class Cgroups {
  readonly #mount: string
  /** The ids at and below each path. */
  readonly #below: ReadonlyMap<string, Set<bigint>>
  /** Every id that was asked for, also those that lie elsewhere. */
  readonly #known = new Set<bigint>()

  /**
   * @param mount where cgroup v2 is mounted
   * @param paths of cgroups below it; they may come later
   */
  constructor(mount: string, paths: readonly string[]) {
    this.#mount = mount
    this.#below = new Map(paths.map(path => [path, new Set()]))
  }

  /** Looks at the folders again when an id is among these that was never asked for. */
  async learn(ids: Iterable<bigint>): Promise<void> {
    const unknown = [...new Set(ids)].filter(id => !this.#known.has(id))
    if (unknown.length === 0) return
    const isFull = this.#known.size >= MAX_KNOWN
    if (isFull) this.#known.clear()
    for (const [path, found] of this.#below) {
      if (isFull) found.clear()
      await collect(join(this.#mount, path), found)
    }
    for (const id of unknown) this.#known.add(id)
  }

  /** Whether a cgroup, once learnt, is the one at a path or lies below it. */
  isBelow(id: bigint, path: string): boolean {
    return this.#below.get(path)?.has(id) ?? false
  }
}

async function collect(folder: string, into: Set<bigint>): Promise<void> {
  try {
    into.add((await stat(folder, { bigint: true })).ino)
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) await collect(join(folder, entry.name), into)
    }
  } catch (error) {
    // It has not come yet, or has gone meanwhile.
    const code = codeOf(error)
    if (code !== 'ENOENT' && code !== 'ENODEV') throw error
  }
}
