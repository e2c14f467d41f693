import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import Type from 'typebox'
import { messageOf, TidemarkError } from '../../common/index.ts'
import { NEEDS, type UnitDefinition } from '../unit.ts'
import { BUILT_IN_UNITS, UNIT_KINDS, type UnitKind, type UnitRegistries } from '../unit-registries.ts'
import { checkedPlugin } from './checked-plugin.ts'

/** The key `modules` of the configuration. */
export const MODULES_OPTION = Type.Array(Type.String({ minLength: 1 }), {
  default: [],
  description:
    'Modules with further plugins, backends and enrichers: files (seen from the folder of this file) or npm packages. They run with the rights of flowd.',
})

/** Whose units these are is the module's promise. */
type Definitions = Record<string, UnitDefinition<never>>

/**
 * Loads modules from outside and gives the units of this program with theirs beside them. A module exports `plugins`,
 * `backends` or `enrichers`: objects whose keys are names for the configuration and whose values are unit definitions.
 *
 * @param file the configuration file, from whose folder names are resolved
 * @throws TidemarkError MODULE_UNUSABLE
 */
export function loadModules(file: string, modules: readonly string[]): UnitRegistries {
  const require = createRequire(resolve(file))
  let registries: UnitRegistries = BUILT_IN_UNITS
  for (const module of modules) {
    const loaded = attempt(module, () => load(require, module))
    registries = attempt(module, () => withUnits(registries, loaded))
  }
  return registries
}

/** Node's message for a module that is not found goes on with who asked; that of a syntax error names no place. */
function load(require: NodeJS.Require, module: string): unknown {
  try {
    return require(module)
  } catch (error) {
    if (error instanceof SyntaxError) throw new SyntaxError(`${error.message} ('node --check' shows where)`)
    throw new Error(messageOf(error).replace(/\nRequire stack:[\s\S]*$/, ''), { cause: error })
  }
}

function attempt<Value>(module: string, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    throw new TidemarkError('MODULE_UNUSABLE', { module, reason: messageOf(error) }, error)
  }
}

function withUnits(registries: UnitRegistries, module: unknown): UnitRegistries {
  if (!isObject(module) || !UNIT_KINDS.some(kind => kind in module)) {
    throw new TypeError(`it exports none of ${UNIT_KINDS.join(', ')}`)
  }
  const added = (kind: UnitKind) => definitionsOf(kind, module[kind] ?? {}, registries[kind])
  const plugins = Object.entries(added('plugins')).map(([name, plugin]) => [name, checkedPlugin(name, plugin)] as const)
  return {
    plugins: { ...registries.plugins, ...Object.fromEntries(plugins) },
    backends: { ...registries.backends, ...added('backends') },
    enrichers: { ...registries.enrichers, ...added('enrichers') },
  }
}

/** @throws TypeError what is wrong with the definitions of a module */
function definitionsOf(kind: string, definitions: unknown, known: object): Definitions {
  if (!isObject(definitions)) throw new TypeError(`its export '${kind}' is not an object`)
  for (const [name, definition] of Object.entries(definitions)) {
    const path = `${kind}.${name}`
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) throw new TypeError(`'${path}' is not a name in camelCase`)
    if (name in known) throw new TypeError(`'${path}' is there already`)
    if (!isObject(definition)) throw new TypeError(`'${path}' is not an object`)
    if (!isObject(definition['options']) || definition['options']['type'] !== 'object') {
      throw new TypeError(`'${path}.options' is not a JSON schema of type object`)
    }
    if (typeof definition['create'] !== 'function') throw new TypeError(`'${path}.create' is not a function`)
    if (!areNeeds(definition['needs'] ?? [])) {
      throw new TypeError(`'${path}.needs' is not a list of some of ${NEEDS.join(', ')}`)
    }
  }
  // Seen just now, as far as it can be seen.
  return definitions as Definitions
}

function areNeeds(value: unknown): boolean {
  const known: readonly unknown[] = NEEDS
  return Array.isArray(value) && value.every(need => known.includes(need))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
