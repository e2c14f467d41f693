import type { LoadedFlowdConfiguration } from './configuration.ts'
import type { Need } from './unit.ts'
import { UNIT_KINDS, unitsByKey } from './unit-registries.ts'

/** What the units that a configuration turns on need of the host, each need with the key paths of those units. */
export function needsOf({ values, units }: LoadedFlowdConfiguration): Map<Need, string[]> {
  const known = unitsByKey(units)
  const on = UNIT_KINDS.flatMap(kind => Object.keys(values[kind] ?? {}).map(name => `${kind}.${name}`))
  const needs = new Map<Need, string[]>()
  for (const unit of on) {
    for (const need of known.get(unit)?.needs ?? []) needs.set(need, [...(needs.get(need) ?? []), unit])
  }
  return needs
}
