import { defineConfig } from 'vitest/config'

/** How long a condition is waited for: a slow machine that runs other tests beside gets there later, not never. */
const expectPatiently = { poll: { timeout: 30_000, interval: 20 } }

/**
 * Three projects: `unit` stands beside its source and needs nothing; `system` crosses rooms on the real kernel and
 * with real peers (root, Debian packages); `long` is what does not fit in ten minutes.
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
      {
        test: {
          name: 'long',
          include: ['test/long/**/*.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          expect: expectPatiently,
        },
      },
    ],
  },
})
