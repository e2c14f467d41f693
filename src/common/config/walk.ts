import { displayValue } from './display.ts'
import { fits, readScalar } from './scalars.ts'
import { type ConfigurationSchema, choicesOf, describeExpected, dictionaryValues, isSection } from './schema.ts'
import { findEntry, type SourceEntry, type SourceMap, type SourceNode } from './source-tree.ts'
import { suggest } from './suggest.ts'

/** Where an effective value came from. */
export type Origin =
  | { kind: 'default' }
  | { kind: 'file'; line: number }
  /** Written under a deprecated key that was mapped. */
  | { kind: 'mapped'; line: number; from: string }
  /** Taken because of another key. */
  | { kind: 'implied'; by: string }

/** What the walk collects beside the values. */
export interface WalkReport {
  error(key: string, node: SourceNode | SourceEntry | undefined, message: string): void
  unknownKey(key: string, entry: SourceEntry, suggestion: string | undefined): void
  /** A key that was taken for the one that differs from it in case only. */
  misspelt(key: string, entry: SourceEntry, spelling: string): void
  origin(key: string, origin: Origin): void
  /** Where a key stands that the file has. */
  place(key: string, entry: SourceEntry): void
}

export interface WalkOptions {
  /** Whose `defaults` count, for example `flowd-go`. */
  profile: string | undefined
  report: WalkReport
  /** The section that is read: where what is missing in it should stand. */
  within?: SourceMap | undefined
}

const DEFAULT: Origin = { kind: 'default' }

/**
 * Reads a tree by its schema: the values with every default filled in. An optional section that is absent or null is
 * left out (it is off); `{}` turns it on with its defaults. Scalars that are absent or null take their default.
 * What does not fit is reported and replaced by its default, so that one walk finds every error.
 */
export function walkSection(
  schema: ConfigurationSchema,
  map: SourceMap | undefined,
  path: string,
  options: WalkOptions,
): Record<string, unknown> {
  const properties = schema.properties ?? {}
  const values: Record<string, unknown> = {}
  const taken = new Set<string>()
  for (const [name, child] of Object.entries(properties)) {
    const found = map && findEntry(map, name)
    if (found !== undefined) taken.add(found.name)
    const entry = found && spelled(found, name, path, options)
    const value = walkEntry(child, entry, join(path, name), isOptional(schema, name), { ...options, within: map })
    if (value !== undefined) values[name] = value
  }
  for (const [name, entry] of map?.entries ?? []) {
    if (taken.has(name)) continue
    options.report.unknownKey(join(path, name), entry, suggest(name, Object.keys(properties)))
  }
  return values
}

/** An entry that was found for a key; where the file spells the key otherwise, it is told, and remembered. */
function spelled(
  { name: written, entry }: { name: string; entry: SourceEntry },
  name: string,
  path: string,
  { report }: WalkOptions,
): SourceEntry {
  if (written === name) return entry
  const key = join(path, written)
  report.misspelt(key, entry, name)
  return { ...entry, writtenAs: key }
}

function walkEntry(
  schema: ConfigurationSchema,
  entry: SourceEntry | undefined,
  path: string,
  optional: boolean,
  options: WalkOptions,
): unknown {
  const given = entry !== undefined && !isNull(entry.node) ? entry : undefined
  if (given !== undefined) options.report.place(path, given)
  if (isSection(schema)) {
    if (given === undefined) return optional ? undefined : walkSection(schema, undefined, path, options)
    if (given.node.kind === 'map') return walkSection(schema, given.node, path, options)
    options.report.error(path, given.node, misfit(schema, given.node))
    return walkSection(schema, undefined, path, options)
  }
  if (given !== undefined) {
    const value = walkValue(schema, given.node, path, options)
    if (value !== undefined) {
      options.report.origin(path, originOf(given))
      return value
    }
  }
  const fallback = defaultOf(schema, options.profile)
  if (fallback === undefined && !optional && given === undefined) {
    options.report.error(path, options.within, `is missing, expected ${describeExpected(schema)}`)
  }
  if (fallback !== undefined) options.report.origin(path, DEFAULT)
  return fallback
}

function walkValue(schema: ConfigurationSchema, node: SourceNode, path: string, options: WalkOptions): unknown {
  if (node.kind === 'scalar') {
    const value = readScalar(schema, node)
    if (value === undefined) options.report.error(path, node, misfit(schema, node))
    return value
  }
  const listed = listSchema(schema)
  if (node.kind === 'list' && listed !== undefined) return walkList(listed, node.items, node, path, options)
  const valueSchema = dictionaryValues(schema)
  if (node.kind === 'map' && valueSchema !== undefined) return walkDictionary(schema, valueSchema, node, path, options)
  options.report.error(path, node, misfit(schema, node))
  return undefined
}

function walkList(
  schema: ConfigurationSchema,
  items: readonly SourceNode[],
  node: SourceNode,
  path: string,
  options: WalkOptions,
): unknown[] | undefined {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema
  if (items.length < minItems || items.length > maxItems) {
    options.report.error(path, node, `has ${items.length} items, expected ${describeExpected(schema)}`)
    return undefined
  }
  return items.map((item, index) => walkItem(schema.items ?? {}, item, `${path}[${index}]`, options))
}

function walkItem(schema: ConfigurationSchema, item: SourceNode, path: string, options: WalkOptions): unknown {
  if (!isSection(schema)) return walkValue(schema, item, path, options)
  if (item.kind === 'map') return walkSection(schema, item, path, options)
  options.report.error(path, item, misfit(schema, item))
  return undefined
}

function walkDictionary(
  schema: ConfigurationSchema,
  valueSchema: ConfigurationSchema,
  map: SourceMap,
  path: string,
  options: WalkOptions,
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  const names = schema.propertyNames
  for (const [name, entry] of map.entries) {
    if (names !== undefined && !fits(names, name)) {
      options.report.error(join(path, name), entry, `the key is '${name}', expected ${describeExpected(names)}`)
    }
    values[name] = walkItem(valueSchema, entry.node, join(path, name), options)
  }
  return values
}

/** The list form of a schema, whether it is one or offers one. */
function listSchema(schema: ConfigurationSchema): ConfigurationSchema | undefined {
  if (schema.type === 'array') return schema
  return choicesOf(schema) === undefined ? schema.anyOf?.find(option => option.type === 'array') : undefined
}

function defaultOf(schema: ConfigurationSchema, profile: string | undefined): unknown {
  const value =
    profile !== undefined && schema.defaults?.[profile] !== undefined ? schema.defaults[profile] : schema.default
  // A default list or map is handed out as a copy: whoever gets the configuration may change it.
  return structuredClone(value)
}

function isOptional(schema: ConfigurationSchema, name: string): boolean {
  return !(schema.required ?? []).includes(name)
}

function isNull(node: SourceNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

function originOf(entry: SourceEntry): Origin {
  return entry.writtenAs === undefined
    ? { kind: 'file', line: entry.line }
    : { kind: 'mapped', line: entry.line, from: entry.writtenAs }
}

function misfit(schema: ConfigurationSchema, node: SourceNode): string {
  const example = exampleOf(schema, node)
  return `is ${displayNode(schema, node)}, expected ${describeExpected(schema)}${example && `, as in ${example}`}`
}

/** How a single value that stands where a list or a section belongs may be meant; '' where that is not plain. */
function exampleOf(schema: ConfigurationSchema, node: SourceNode): string {
  if (node.kind !== 'scalar' || node.value === null || schema.items?.secret) return ''
  if (schema.type === 'array') return isSection(schema.items ?? {}) ? '' : `[${node.text}]`
  if (!isSection(schema)) return ''
  const needed = (schema.required ?? []).filter(name => schema.properties?.[name]?.default === undefined)
  if (node.value === true && needed.length === 0) return '{}, which turns it on with its defaults'
  return needed.length === 1 && typeof node.value === 'string' ? `{${needed[0]}: ${node.text}}` : ''
}

function displayNode(schema: ConfigurationSchema, node: SourceNode): string {
  if (node.kind === 'map') return 'a section'
  if (node.kind === 'list') return 'a list'
  if (node.value === null) return 'empty'
  return displayValue(schema, node.value)
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
