import { Value } from 'typebox/value'
import { FIREFLY_OPTIONS, type FireflyOptions } from '../../../src/flowd/backends/firefly/options.ts'

/** The defaults of the backend `firefly`, but a port that nobody listens at, and what matters to a test. */
export function fireflyOptions(change: Partial<FireflyOptions> = {}): FireflyOptions {
  return { ...Value.Create(FIREFLY_OPTIONS), destinationPort: 9, ...change }
}
