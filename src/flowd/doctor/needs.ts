import type { LoadedFlowdConfiguration } from '../configuration/index.ts'
import type { Need } from '../unit.ts'
import { UNIT_KINDS, unitsByKey } from '../unit-registries.ts'

/** What the units that a configuration turns on need of the host, each need with the key paths of those units. */
export function needsOf({ values, units }: LoadedFlowdConfiguration): Map<Need, string[]> {
  const known = unitsByKey(units)
  const on = UNIT_KINDS.flatMap(kind =>
    Object.entries<unknown>(values[kind] ?? {}).map(([name, options]) => [`${kind}.${name}`, options] as const),
  )
  const needs = new Map<Need, string[]>()
  for (const [unit, options] of on) {
    const definition = known.get(unit)
    // The loader filled the options in by this very definition's schema.
    const ofOptions = definition?.needsFor?.(options as Record<string, unknown>) ?? []
    for (const need of [...(definition?.needs ?? []), ...ofOptions]) {
      needs.set(need, [...(needs.get(need) ?? []), unit])
    }
  }
  return needs
}
