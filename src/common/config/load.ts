import { closeSync, openSync, readSync } from 'node:fs'
import type { Static, TObject } from 'typebox'
import { codeOf, messageOf, TidemarkError } from '../errors/index.ts'
import { type DeprecatedKey, mapDeprecated } from './deprecated.ts'
import { type ConfigurationProblem, formatProblem } from './problem.ts'
import { type Position, parseSource, type SourceMap } from './source-tree.ts'
import { type Origin, type WalkReport, walkSection } from './walk.ts'

export interface LoadOptions<Values> {
  /** Unknown and deprecated keys are errors. */
  strict?: boolean
  deprecated?: readonly DeprecatedKey[]
  /** Whose `defaults` count; a function decides by what the file says at the top (`compatibility: flowd-go`). */
  profile?: string | ((top: ReadonlyMap<string, unknown>) => string | undefined)
  /** Rules across keys: each complaint becomes an error at its key. */
  rules?: (values: Values) => readonly { key: string; message: string }[]
}

/** A configuration that was read: every key has its value. */
export interface LoadedConfiguration<Values> {
  values: Values
  /** The file's name as it was given. */
  file: string
  profile: string | undefined
  /** Where each value came from, by key path; a section that is off has none. */
  origins: ReadonlyMap<string, Origin>
  warnings: readonly ConfigurationProblem[]
}

/**
 * Reads a configuration file, YAML or JSON.
 *
 * @throws TidemarkError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID (which lists every problem found)
 */
export function loadConfiguration<Schema extends TObject>(
  schema: Schema,
  file: string,
  options: LoadOptions<Static<Schema>> = {},
): LoadedConfiguration<Static<Schema>> {
  return parseConfiguration(schema, readConfigurationFile(file), file, options)
}

/**
 * Reads a configuration from its text; an empty text gives the defaults.
 *
 * @param file names the text in messages
 * @throws TidemarkError CONFIG_INVALID
 */
export function parseConfiguration<Schema extends TObject>(
  schema: Schema,
  text: string,
  file: string,
  options: LoadOptions<Static<Schema>> = {},
): LoadedConfiguration<Static<Schema>> {
  const { strict = false, deprecated = [], rules } = options
  const errors: ConfigurationProblem[] = []
  const warnings: ConfigurationProblem[] = []
  const origins = new Map<string, Origin>()
  const places = new Map<string, Position>()
  const complain = (to: ConfigurationProblem[], at: Position | undefined, key: string, message: string): void => {
    to.push({ file, at: at && { line: at.line, column: at.column }, key, message })
  }
  const report: WalkReport = {
    error: (key, node, message) => complain(errors, node, key, message),
    unknownKey: (key, entry, suggestion) => {
      const what = strict ? 'unknown key' : 'unknown key, ignored'
      const hint = suggestion === undefined ? what : `${what}; did you mean '${suggestion}'?`
      complain(strict ? errors : warnings, entry, key, hint)
    },
    misspelt: (key, entry, spelling) => complain(strict ? errors : warnings, entry, key, `is spelled '${spelling}'`),
    origin: (key, origin) => origins.set(key, origin),
    place: (key, { line, column }) => places.set(key, { line, column }),
  }

  const document = parseSource(text)
  for (const error of document.errors) complain(errors, error, '', error.message)
  let root: SourceMap | undefined
  if (document.root?.kind === 'map') {
    root = document.root
    mapDeprecated(root, deprecated, (key, entry, says) => complain(strict ? errors : warnings, entry, key, says))
  } else if (document.root !== undefined && !(document.root.kind === 'scalar' && document.root.value === null)) {
    complain(errors, document.root, '', 'expected keys and values at the top of the file')
  }
  const profile = typeof options.profile === 'function' ? options.profile(topScalars(root)) : options.profile
  // The walk builds exactly what the schema describes, so its result has the schema's static type.
  const values = walkSection(schema, root, '', { profile, report }) as Static<Schema>
  if (errors.length === 0) {
    for (const { key, message } of rules?.(values) ?? []) complain(errors, places.get(key), key, message)
  }
  if (errors.length > 0) {
    throw new TidemarkError('CONFIG_INVALID', { file, problems: listOf(errors, warnings) })
  }
  return { values, file, profile, origins, warnings }
}

/** All that is to be mended, errors first: an unknown key beside them may well be their cause. */
function listOf(errors: ConfigurationProblem[], warnings: readonly ConfigurationProblem[]): string {
  errors.sort((one, other) => (one.at?.line ?? 0) - (other.at?.line ?? 0))
  return [
    ...errors.map(problem => `  ${formatProblem(problem)}`),
    ...warnings.map(problem => `  warning: ${formatProblem(problem)}`),
  ].join('\n')
}

/**
 * The text of a configuration file.
 *
 * @throws TidemarkError CONFIG_NOT_FOUND, CONFIG_UNREADABLE
 */
export function readConfigurationFile(file: string): string {
  try {
    return readBounded(file)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      throw new TidemarkError('CONFIG_NOT_FOUND', { file }, error)
    }
    throw new TidemarkError('CONFIG_UNREADABLE', { file, reason: messageOf(error) }, error)
  }
}

/** Far more than a configuration takes, far less than a device without end. */
const MOST_BYTES = 4 * 1024 * 1024

/** A file, pipe or device that is read once, from its beginning. */
function readBounded(file: string): string {
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(MOST_BYTES + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null)
    }
    if (length > MOST_BYTES) throw new Error(`it is longer than ${MOST_BYTES} bytes`)
    return bytes.toString('utf8', 0, length)
  } finally {
    closeSync(descriptor)
  }
}

function topScalars(root: SourceMap | undefined): ReadonlyMap<string, unknown> {
  const scalars = new Map<string, unknown>()
  for (const [name, { node }] of root?.entries ?? []) if (node.kind === 'scalar') scalars.set(name, node.value)
  return scalars
}
