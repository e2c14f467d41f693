import { Command } from 'commander'
import { BUILD } from '../common/index.ts'

const program = new Command('tidemark').description("Says what a network's traffic is for.").version(BUILD.version)
await program.parseAsync()
