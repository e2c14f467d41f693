import { release } from 'node:os'
import type { Command } from 'commander'
import { BUILD } from '../common/index.ts'

/** `version`: what was built, and what it finds on this machine. The first two lines are flowd-go's. */
export function registerVersion(program: Command): void {
  program
    .command('version')
    .description('print the version, and the versions of what it stands on')
    .action(async () => {
      const { libbpfVersion } = await import('../linux/index.ts')
      const rows = [
        ['built commit', BUILD.commit],
        ['base version', BUILD.version],
        ['commit date', BUILD.date],
        ['node', process.version],
        ['kernel', `${process.platform} ${release()} ${process.arch}`],
        ['libbpf', libbpfVersion() ?? 'not found, and the backend marker needs it'],
      ]
      process.stdout.write(rows.map(([name, value]) => `${name}: ${value}\n`).join(''))
    })
}
