import { type Command, InvalidArgumentError, Option } from 'commander'
import { isStunServer } from '../../common/index.ts'
import type { AddressSample } from '../../flowd/index.ts'
import { formatRows, type OutputFormat, outputOption } from '../output.ts'
import type { Column } from '../table.ts'

const COLUMNS: readonly Column<AddressSample>[] = [
  { heading: 'ADDRESS', value: sample => sample.address },
  { heading: 'REACH', value: sample => sample.reach },
  { heading: 'SEEN AS', value: sample => sample.seenAs ?? '-' },
  { heading: 'BY', value: sample => sample.source ?? '-' },
  { heading: 'PROBLEM', value: sample => sample.problem ?? '' },
]

interface StunSampleOptions {
  stunServer: string[]
  httpService: string[]
  output: OutputFormat
}

/** `flowd stun sample`: how this host's private addresses are seen from outside. */
export function registerStun(flowd: Command): void {
  const collect =
    (accepts: (value: string) => boolean, form: string) => (value: string, earlier: readonly string[]) => {
      if (!accepts(value)) throw new InvalidArgumentError(`write it as ${form}`)
      return [...earlier, value]
    }
  flowd
    .command('stun')
    .description('how this host is seen from outside')
    .command('sample')
    .description("ask about each private address of this host, and list every address's reach")
    .addOption(
      new Option('--stun-server <host:port>', 'a STUN server to ask; may be given more than once')
        .argParser(collect(isStunServer, 'HOST or HOST:PORT, for example stun.l.google.com:3478'))
        .default([], 'stun.l.google.com:3478'),
    )
    .addOption(
      new Option(
        '--http-service <url>',
        'a web service to ask, as https://ipconfig.io/json; may be given more than once',
      )
        .argParser(collect(isWebAddress, 'a URL, for example https://ipconfig.io/json'))
        .default([], 'none'),
    )
    .addOption(outputOption())
    .action(async ({ stunServer, httpService, output }: StunSampleOptions) => {
      const { sampleAddresses } = await import('../../flowd/index.ts')
      const stunServers = stunServer.length === 0 ? ['stun.l.google.com:3478'] : stunServer
      const sources = { stunServers, httpServices: httpService }
      const samples = await sampleAddresses(sources, new AbortController().signal)
      process.stdout.write(formatRows(output, COLUMNS, samples))
    })
}

function isWebAddress(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text)
}
