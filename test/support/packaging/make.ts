import { execFileSync } from 'node:child_process'

/** Runs make's targets on the npm packages that are installed, and gives what they printed. */
export function make(...targets: string[]): string {
  return execFileSync('make', ['-o', 'node_modules/.installed', ...targets], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
