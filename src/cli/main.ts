import { Command } from 'commander'
import { BUILD } from '../common/index.ts'

const program = new Command('tidemark')
  .description("Says what a network's traffic is for: marks packets, sends fireflies, collects flows.")
  .version(BUILD.version)

await program.parseAsync()
