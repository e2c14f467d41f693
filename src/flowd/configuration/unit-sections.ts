import Type from 'typebox'
import type { UnitDefinition } from '../unit.ts'

/** The units of one kind by their names in the configuration. */
export type UnitRegistry = Readonly<Record<string, UnitDefinition<unknown, Type.TObject>>>

/** The sections of a registry's units: each is off until the file names it. */
type Sections<Units extends UnitRegistry> = { [Name in keyof Units]: Type.TOptional<Units[Name]['options']> }

/**
 * The configuration section that holds one optional section for each unit of a registry, under the unit's name.
 *
 * @param shared keys that stand beside the units
 */
export function unitSections<Units extends UnitRegistry, Shared extends Type.TProperties = Record<never, never>>(
  units: Units,
  description: string,
  shared?: Shared,
) {
  const sections = Object.fromEntries(
    Object.entries(units).map(([name, { options }]) => [name, Type.Optional(options)]),
  ) as Sections<Units>
  return Type.Object({ ...(shared as Shared), ...sections }, { description })
}
