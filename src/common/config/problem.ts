import type { Position } from './source-tree.ts'

/** Something to say about a configuration file: an error that prevents its use, or a warning. */
export interface ConfigurationProblem {
  file: string
  /** Where, when the key stands in the file; a missing key has no place. */
  at: Position | undefined
  /** The key's path from the root, `backends.marker.targetInterfaces[0]`; empty for the file as a whole. */
  key: string
  /** What is wrong, the value included, and what is expected. */
  message: string
}

/** One problem as one line: `conf.yaml:12:5: plugins.api.bindPort: is 70000, expected an integer from 0 to 65535`. */
export function formatProblem(problem: ConfigurationProblem): string {
  const place = problem.at === undefined ? problem.file : `${problem.file}:${problem.at.line}:${problem.at.column}`
  return problem.key === '' ? `${place}: ${problem.message}` : `${place}: ${problem.key}: ${problem.message}`
}
