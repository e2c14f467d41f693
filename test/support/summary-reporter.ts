import type { Reporter, TestModule } from 'vitest/node'

/**
 * Closes a run with one plain line, `N passed, N failed, N skipped`, and names each skipped test with its reason,
 * so that a skip is never silent. With CI=true a skip fails the run: CI has root and every package, so it skips none.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += 1
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') counts.passed += 1
        else if (result.state === 'failed') counts.failed += 1
        else {
          counts.skipped += 1
          const note = result.state === 'skipped' ? result.note : undefined
          console.log(`skipped: ${test.fullName}: ${note ?? 'no reason given'}`)
        }
      }
    }
    if (counts.skipped > 0 && process.env['CI'] === 'true') {
      console.log(`${counts.skipped} tests were skipped, and CI skips none: install what they name.`)
      process.exitCode = 1
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  }
}
