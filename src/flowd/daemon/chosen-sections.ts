import { TidemarkError } from '../../common/index.ts'
import type { FlowdConfiguration } from '../configuration/index.ts'
import type { Sampling } from '../unit.ts'
import { UNIT_KINDS, type UnitRegistries } from '../unit-registries.ts'
import type { UnitSections } from './unit-set.ts'

export interface ChosenSections {
  plugins: UnitSections
  backends: UnitSections
  enrichers: UnitSections
}

/**
 * The units that are to run: those of the configuration, without those that the command line leaves out by name
 * (`marker`, or `backends.firefly` where a plugin has the same name).
 *
 * @param units those that there are
 * @throws TidemarkError UNIT_UNKNOWN
 */
export function chooseSections(
  configuration: FlowdConfiguration,
  units: UnitRegistries,
  without: readonly string[],
): ChosenSections {
  const known = UNIT_KINDS.flatMap(kind => Object.keys(units[kind]).map(name => `${kind}.${name}`))
  for (const name of without) {
    if (!known.some(path => isNamed(path, name)))
      throw new TidemarkError('UNIT_UNKNOWN', { name, known: known.join(', ') })
  }
  const choose = (kind: string, sections: object | undefined): UnitSections =>
    Object.fromEntries(
      Object.entries(sections ?? {}).filter(([unit]) => !without.some(name => isNamed(`${kind}.${unit}`, name))),
    )
  return {
    plugins: choose('plugins', configuration.plugins),
    backends: choose('backends', configuration.backends),
    enrichers: choose('enrichers', withSampling(configuration.enrichers)),
  }
}

function isNamed(path: string, name: string): boolean {
  return path === name || path.endsWith(`.${name}`)
}

/** The sections of the enrichers, each with what all of them share. */
function withSampling(section: FlowdConfiguration['enrichers']): UnitSections {
  if (section === undefined) return {}
  const { period, ...enrichers } = section
  const sampling: Sampling = { periodMs: period }
  return Object.fromEntries(
    Object.entries<object | undefined>(enrichers).map(([name, options]) => [
      name,
      options && { ...options, ...sampling },
    ]),
  )
}
