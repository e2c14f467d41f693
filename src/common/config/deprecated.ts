import {
  findEntry,
  type Position,
  type ScalarValue,
  type SourceEntry,
  type SourceMap,
  type SourceNode,
} from './source-tree.ts'

/** A key that older files use. Exactly one of the three reactions applies. */
export interface DeprecatedKey {
  /** Its path, `backends.ebpf`. */
  key: string
  /** What the warning says after the key. */
  says: string
  /** Its value now belongs to this path. */
  movedTo?: string
  /** What other keys say its value now; undefined when the value is not one of the old ones. */
  translate?: (value: ScalarValue, beside: Beside) => Translation | undefined
}

/** A key of the same section, as far as the table has not yet taken it away: a value, a list or section as such. */
export type Beside = (name: string) => ScalarValue | 'list' | 'map' | undefined

/** Values by path; an empty object turns a section on. */
export type Translation = Readonly<Record<string, ScalarValue | readonly string[] | Readonly<Record<string, never>>>>

/**
 * Rewrites a tree so that deprecated keys stand where their successors are, in the order of the table; a key that is
 * neither moved nor translated is dropped. A successor that the file has too wins. Calls `warn` for each one met.
 */
export function mapDeprecated(
  root: SourceMap,
  table: readonly DeprecatedKey[],
  warn: (key: string, entry: SourceEntry, says: string) => void,
): void {
  for (const row of table) {
    const found = find(root, row.key)
    if (found === undefined) continue
    const { parent, name, entry } = found
    if (row.translate !== undefined) {
      const values = entry.node.kind === 'scalar' ? row.translate(entry.node.value, besideOf(parent)) : undefined
      if (values === undefined) continue
      warn(row.key, entry, row.says)
      parent.entries.delete(name)
      for (const [path, value] of Object.entries(values)) {
        place(root, path, { ...entry, node: nodeOf(value, entry), writtenAs: row.key })
      }
      continue
    }
    parent.entries.delete(name)
    if (row.movedTo === undefined) {
      warn(row.key, entry, row.says)
      continue
    }
    const placed = place(root, row.movedTo, { ...entry, writtenAs: row.key })
    warn(row.key, entry, placed ? row.says : `${row.says}; ignored, because ${row.movedTo} is there too`)
  }
}

function besideOf(section: SourceMap): Beside {
  return name => {
    const node = findEntry(section, name)?.entry.node
    return node?.kind === 'scalar' ? node.value : node?.kind
  }
}

function nodeOf(value: Translation[string], { line, column }: Position): SourceNode {
  if (typeof value !== 'object' || value === null) return { kind: 'scalar', value, text: String(value), line, column }
  if (!isList(value)) return { kind: 'map', entries: new Map(), line, column }
  const items = value.map(text => ({ kind: 'scalar' as const, value: text, text, line, column }))
  return { kind: 'list', items, line, column }
}

/** Unlike Array.isArray it also tells the compiler so of lists that are not to be changed. */
function isList(value: object): value is readonly string[] {
  return Array.isArray(value)
}

function find(root: SourceMap, path: string): { parent: SourceMap; name: string; entry: SourceEntry } | undefined {
  const { steps, name } = split(path)
  let parent = root
  for (const step of steps) {
    const next = findEntry(parent, step)?.entry.node
    if (next?.kind !== 'map') return undefined
    parent = next
  }
  const found = findEntry(parent, name)
  return found && { parent, ...found }
}

/** Puts an entry at a path, making sections on the way; false when something stands there already. */
function place(root: SourceMap, path: string, entry: SourceEntry): boolean {
  const { steps, name } = split(path)
  const { line, column } = entry
  let parent = root
  for (const step of steps) {
    const found = findEntry(parent, step)
    let next = found?.entry.node
    if (next?.kind !== 'map') {
      next = { kind: 'map', entries: new Map(), line, column }
      parent.entries.set(found?.name ?? step, { node: next, line, column })
    }
    parent = next
  }
  if (findEntry(parent, name) !== undefined) return false
  parent.entries.set(name, entry)
  return true
}

function split(path: string): { steps: string[]; name: string } {
  const steps = path.split('.')
  return { steps, name: steps.pop() ?? '' }
}
