import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml'

/** Where something stands in a file, both counted from 1. */
export interface Position {
  line: number
  column: number
}

export type ScalarValue = string | number | bigint | boolean | null

/** A single value; `text` is what the file says, so that text fields keep `0660` or `1.10` as written. */
export interface SourceScalar extends Position {
  kind: 'scalar'
  value: ScalarValue
  text: string
}

export interface SourceList extends Position {
  kind: 'list'
  items: SourceNode[]
}

export interface SourceEntry extends Position {
  node: SourceNode
  /** The deprecated key that this entry was written under, when it was moved here. */
  writtenAs?: string
}

export interface SourceMap extends Position {
  kind: 'map'
  entries: Map<string, SourceEntry>
}

export type SourceNode = SourceScalar | SourceList | SourceMap

/** The entry of this name, else one whose name differs in case only, with its name as the file has it. */
export function findEntry(map: SourceMap, name: string): { name: string; entry: SourceEntry } | undefined {
  const exact = map.entries.get(name)
  if (exact !== undefined) return { name, entry: exact }
  const wanted = name.toLowerCase()
  for (const [written, entry] of map.entries) if (written.toLowerCase() === wanted) return { name: written, entry }
  return undefined
}

/** What parsing gives: the tree (undefined for an empty file) and the parser's complaints, each with its place. */
export interface SourceDocument {
  root: SourceNode | undefined
  errors: (Position & { message: string })[]
}

/**
 * Parses YAML 1.2, and hence JSON, into a plain tree that remembers lines. Aliases share their anchor's node, so a
 * file of nested aliases costs no more than its own size; `<<` merges maps. Keys that stand twice are found here: the
 * parser's own way costs the square of their number.
 */
export function parseSource(text: string): SourceDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, version: '1.2' })
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const errors = document.errors.map(error => ({ ...position(error.pos[0]), message: error.message }))
  if (errors.length > 0 || document.contents === null) return { root: undefined, errors }

  const converted = new Map<Node, SourceNode>()
  const convert = (node: Node | null, fallback: Position): SourceNode => {
    if (node === null) return { kind: 'scalar', value: null, text: '', ...fallback }
    const known = converted.get(node)
    if (known !== undefined) return known
    const at = node.range ? position(node.range[0]) : fallback
    if (isAlias(node)) {
      const target = node.resolve(document)
      return convert(target ?? null, at)
    }
    if (isMap(node)) {
      const map: SourceMap = { kind: 'map', entries: new Map(), ...at }
      converted.set(node, map)
      const seen = new Map<string, Position>()
      for (const pair of node.items) {
        const key = pair.key as ParsedNode
        const keyAt = key.range ? position(key.range[0]) : at
        const name = isScalar(key) ? String(key.value) : String(key)
        const before = seen.get(name)
        if (before !== undefined) {
          errors.push({ ...keyAt, message: `the key '${name}' stands in line ${before.line} already` })
        }
        seen.set(name, keyAt)
        const value = convert(pair.value as Node | null, keyAt)
        if (name === '<<') mergeInto(map, value)
        else map.entries.set(name, { ...keyAt, node: value })
      }
      return map
    }
    if (isSeq(node)) {
      const list: SourceList = { kind: 'list', items: [], ...at }
      converted.set(node, list)
      for (const item of node.items) list.items.push(convert(item as Node | null, at))
      return list
    }
    const scalar = isScalar(node) ? node : undefined
    const value = (scalar?.value ?? null) as ScalarValue
    return { kind: 'scalar', value, text: typeof value === 'string' ? value : (scalar?.source ?? ''), ...at }
  }
  const root = convert(document.contents, { line: 1, column: 1 })
  return { root: errors.length > 0 ? undefined : root, errors }
}

/** YAML's merge key: entries of the merged maps fill in what the map does not say itself. */
function mergeInto(map: SourceMap, merged: SourceNode): void {
  const sources = merged.kind === 'list' ? merged.items : [merged]
  for (const source of sources) {
    if (source.kind !== 'map') continue
    for (const [name, entry] of source.entries) if (!map.entries.has(name)) map.entries.set(name, entry)
  }
}
