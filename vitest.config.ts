import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** How long a condition is waited for: a slow machine that runs other tests beside gets there later, not never. */
const expectPatiently = { poll: { timeout: 30_000, interval: 20 } }

/** What a project of tests that take long differs in: files that may run beside each other, and how many at once. */
function longProject(name: string, include: string, maxWorkers = 1) {
  const [testTimeout, hookTimeout] = [1_800_000, 120_000]
  return { test: { name, include: [include], testTimeout, hookTimeout, maxWorkers, expect: expectPatiently } }
}

/**
 * `unit` stands beside its source and needs nothing; `system` crosses rooms on the real kernel and with real peers
 * (root, Debian packages). What does not fit in ten minutes: `properties`, which only compute; `packages`, which build
 * in one folder; and `long`, the rest. The Makefile says what runs beside what.
 */
export default defineConfig({
  test: {
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'tools/**/*.test.ts'],
          testTimeout: 90_000,
          hookTimeout: 60_000,
          expect: expectPatiently,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          expect: expectPatiently,
        },
      },
      longProject('long', 'test/long/{*,collector/*,marker/*}.test.ts'),
      longProject('packages', 'test/long/packaging/*.test.ts'),
      longProject('properties', 'test/long/properties/*.test.ts', availableParallelism()),
    ],
  },
})
