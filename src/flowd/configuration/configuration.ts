import { existsSync } from 'node:fs'
import Type from 'typebox'
import {
  type DeprecatedKey,
  type EffectiveValue,
  effectiveValues,
  type LoadedConfiguration,
  type LoadOptions,
  parseConfiguration,
  readConfigurationFile,
  requireGuard,
  TidemarkError,
} from '../../common/index.ts'
import { REGISTRY_SNAPSHOT, Registry } from '../../scitags/index.ts'
import { isPythonFlowd } from '../convert/index.ts'
import { SAMPLING_OPTIONS } from '../enrichers/index.ts'
import { FLOW_TABLE_OPTIONS } from '../flow-table/index.ts'
import { loadModules, MODULES_OPTION } from '../modules/index.ts'
import { REGISTRY_OPTIONS } from '../registry/index.ts'
import type { UnitComplaint, UnitDefinition } from '../unit.ts'
import { BUILT_IN_UNITS, UNIT_KINDS, type UnitRegistries, unitsByKey } from '../unit-registries.ts'
import { DEPRECATED_KEYS } from './deprecated-keys.ts'
import { chooseFile, type FileChoice, FLOWD_GO, impliesFlowdGo } from './file-choice.ts'
import { withMatchAll } from './match-all.ts'
import { withOddities } from './oddities.ts'
import { TOP_LEVEL_OPTIONS } from './top-level-options.ts'
import { unitSections } from './unit-sections.ts'

/** Everything that flowd's configuration file may say where these units are to be had; flowd-go's format, and more. */
function configurationOf({ plugins, backends, enrichers }: UnitRegistries) {
  return Type.Object({
    ...TOP_LEVEL_OPTIONS,
    flowTable: FLOW_TABLE_OPTIONS,
    registry: REGISTRY_OPTIONS,
    plugins: Type.Optional(unitSections(plugins, 'Where flowd learns of flows. A plugin is off until it is named.')),
    backends: Type.Optional(unitSections(backends, 'What flowd does with flows. A backend is off until it is named.')),
    enrichers: Type.Optional(
      unitSections(
        enrichers,
        'Where flowd reads TCP statistics of flows. An enricher is off until it is named.',
        SAMPLING_OPTIONS,
      ),
    ),
  })
}

/** Everything that flowd's configuration file may say without modules from outside. */
export const FLOWD_CONFIGURATION = configurationOf(BUILT_IN_UNITS)

/** What is read first, to know what else there may be. */
const MODULES_ALONE = Type.Object({ modules: MODULES_OPTION })

export type FlowdConfiguration = Type.Static<typeof FLOWD_CONFIGURATION>

export interface LoadedFlowdConfiguration extends LoadedConfiguration<FlowdConfiguration> {
  /** The units that the file could name. */
  units: UnitRegistries
}

/** How the command line chose the file, and how exacting to be. */
export interface FlowdFileChoice extends FileChoice {
  /** Unknown and deprecated keys are errors. */
  strict?: boolean
}

/**
 * Reads flowd's configuration: the file named, else the first that exists of its usual places.
 *
 * @throws TidemarkError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID, CONFIG_OF_PYTHON_FLOWD, MODULE_UNUSABLE,
 *   HTTP_UNGUARDED, HTTP_KEY_PAIR_INCOMPLETE
 */
export function loadFlowdConfiguration(choice: FlowdFileChoice): LoadedFlowdConfiguration {
  const file = chooseFile(choice)
  return parseFlowdConfiguration(readConfigurationFile(file), file, choice)
}

/**
 * The configuration for a command that only looks for the running daemon: where no file is, the defaults hold.
 *
 * @throws TidemarkError CONFIG_NOT_FOUND for a file that was named, and as {@link loadFlowdConfiguration}
 */
export function loadFlowdConfigurationOrDefaults(choice: FileChoice): LoadedFlowdConfiguration {
  const isThere = choice.conf !== undefined || existsSync(chooseFile(choice))
  return isThere ? loadFlowdConfiguration(choice) : defaultFlowdConfiguration(choice)
}

/** The configuration that an empty file would give. */
export function defaultFlowdConfiguration(choice: FileChoice): LoadedFlowdConfiguration {
  return parseFlowdConfiguration('', chooseFile(choice), choice)
}

function parseFlowdConfiguration(text: string, file: string, choice: FlowdFileChoice): LoadedFlowdConfiguration {
  const units = loadModules(file, modulesNamed(text, file))
  const loaded = parseConfiguration(configurationOf(units), text, file, loadOptions(file, choice, units))
  const { plugins, backends } = loaded.values
  if (plugins?.api !== undefined) requireGuard('plugins.api', plugins.api.bindAddress, plugins.api)
  const prometheus = backends?.prometheus
  if (prometheus !== undefined) requireGuard('backends.prometheus', prometheus.bindAddress, prometheus)
  return withOddities({ ...withMatchAll(loaded), units })
}

/** The modules that a text names; the first that is read of it, and so what meets a file of another format. */
function modulesNamed(text: string, file: string): string[] {
  try {
    return parseConfiguration(MODULES_ALONE, text, file).values.modules
  } catch (failure) {
    if (!isPythonFlowd(text)) throw failure
    throw new TidemarkError('CONFIG_OF_PYTHON_FLOWD', { file }, failure)
  }
}

/** Each effective value with its origin, for `check`. */
export function effectiveFlowdValues(loaded: LoadedFlowdConfiguration): EffectiveValue[] {
  const rows = effectiveValues(configurationOf(loaded.units), loaded)
  const implied = loaded.profile !== undefined && loaded.values.compatibility === undefined
  if (!implied) return rows
  const compatibility = { key: 'compatibility', value: loaded.profile, text: `'${loaded.profile}'`, origin: 'implied' }
  return rows.map(row => (row.key === 'compatibility' ? compatibility : row))
}

function loadOptions(file: string, choice: FlowdFileChoice, units: UnitRegistries): LoadOptions<FlowdConfiguration> {
  return {
    strict: choice.strict === true,
    deprecated: [...DEPRECATED_KEYS, ...ignoredKeys(units)],
    profile: top => (impliesFlowdGo(file, choice) || top.get('compatibility') === FLOWD_GO ? FLOWD_GO : undefined),
    rules: values => complaints(values, units),
  }
}

/** Keys of flowd-go that have no effect here, as the units name them. */
function ignoredKeys(units: UnitRegistries): DeprecatedKey[] {
  return [...unitsByKey(units)].flatMap(([unit, { ignoredKeys = {} }]) =>
    Object.entries(ignoredKeys).map(([key, says]) => ({ key: `${unit}.${key}`, says })),
  )
}

/** What the units have against their options. */
function complaints(values: FlowdConfiguration, units: UnitRegistries): UnitComplaint[] {
  const known = values.registry.source === '' ? new Registry(REGISTRY_SNAPSHOT) : undefined
  return UNIT_KINDS.flatMap(kind => {
    const definitions: Readonly<Record<string, UnitDefinition<unknown>>> = units[kind]
    const sections: Readonly<Record<string, unknown>> = { ...values[kind] }
    return Object.entries(sections).flatMap(([name, options]) => {
      const found = definitions[name]?.check?.(options as Record<string, unknown>, known) ?? []
      return found.map(({ key, message }) => ({ key: `${kind}.${name}.${key}`, message }))
    })
  })
}
