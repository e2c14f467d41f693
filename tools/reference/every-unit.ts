import { type Metrics, parseConfiguration } from '../../src/common/index.ts'
import type { UnitRegistry } from '../../src/flowd/configuration/index.ts'
import { BUILT_IN_UNITS, UNIT_KINDS } from '../../src/flowd/unit-registries.ts'
import { unitContext } from '../../test/support/flowd/unit-context.ts'

/** Makes every unit of flowd with its defaults, for the metrics that they add; none is started. */
export function createEveryUnit(metrics: Metrics): void {
  const context = { ...unitContext(), metrics }
  for (const kind of UNIT_KINDS) {
    const units: UnitRegistry = BUILT_IN_UNITS[kind]
    for (const { options, create } of Object.values(units)) {
      create({ ...parseConfiguration(options, '', 'the defaults').values, periodMs: 1000 }, context)
    }
  }
}
