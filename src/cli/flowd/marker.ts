import { type Command, InvalidArgumentError } from 'commander'

interface CleanOptions {
  targetInterface: string
  removeQdisc: boolean
}

/** `flowd marker clean`: removes what a flowd, or flowd-go, that was killed left on an interface. */
export function registerMarker(flowd: Command): void {
  flowd
    .command('marker')
    // Up to version 2.2 flowd-go called it so.
    .alias('ebpf')
    .description("the marker's hooks in the kernel")
    .command('clean')
    .description(
      'remove what a killed flowd or flowd-go left on an interface, which takes CAP_NET_ADMIN; what belongs to others stays',
    )
    .option('--target-interface <name>', 'the interface', 'lo')
    .option('--remove-qdisc [true|false]', 'remove the clsact qdisc too, if nobody else uses it', readBoolean, true)
    .action(async ({ targetInterface, removeQdisc }: CleanOptions) => {
      const { cleanMarker } = await import('../../flowd/index.ts')
      const { filters, qdisc } = cleanMarker(targetInterface, { removeQdisc })
      const qdiscText = qdisc ? 'and the clsact qdisc' : 'and no qdisc'
      process.stdout.write(`${targetInterface}: removed ${filters} filters ${qdiscText}\n`)
    })
}

/** flowd-go takes `--remove-qdisc` and `--remove-qdisc=false`. */
function readBoolean(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new InvalidArgumentError('It is neither true nor false.')
  return text === 'true'
}
