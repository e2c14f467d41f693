import { type Command, Option } from 'commander'
import { addExamples } from '../examples.ts'
import { type OutputFormat, outputOption } from '../output.ts'
import type { FlowOptions, RunOptions } from './run-command.ts'

interface CommandOptions extends RunOptions {
  output: OutputFormat
}

const DEFAULT_SERVER = 'http://127.0.0.1:8010'
const SERVER_VARIABLE = 'TIDEMARK_SERVER'

const FLOW_COLUMNS = `
Columns: c. is the side of the client, s. that of the server; oct, what this side
sent; lat, how long the first byte of the answer took, as this side saw it, so
that their difference is the network's; dur, for how long it lasts; res, the
request and its result, or an error. Routers of 2.x also tell rate (a second),
uack (sent and not acknowledged) and stal (how often the window was closed).
With --sum latencies are means, and errors are connections that ended with one
and requests answered with a status of 400 and up; --ended sums what is kept.`

/** The commands that read a collector: `addresses`, `flows`, `sites`, `routers`, `links`, `topology`. */
export function registerQueries(program: Command): void {
  queryCommand(
    program,
    'addresses',
    'show the service addresses, what serves them, and how many flows each has',
  ).action(async (options: CommandOptions) => (await runner()).show((await queries()).addressesQuery(options), options))
  addExamples(
    queryCommand(program, 'flows', 'show the flows of service addresses, client side and server side joined'),
    '--sum',
    'backend --watch',
    'backend --ended -o jsonl',
  )
    .argument('[address...]', 'service addresses, as the command addresses shows them; all that there are when absent')
    .option('-s, --sum', 'sum by who talks with whom: sites and components; those that moved most first', false)
    .addHelpText('after', FLOW_COLUMNS)
    .action(async (addresses: string[], options: FlowOptions) => (await runner()).showFlows(addresses, options))
  queryCommand(program, 'sites', 'show the sites of the network').action(async (options: CommandOptions) =>
    (await runner()).show((await queries()).sitesQuery(options), options),
  )
  queryCommand(program, 'routers', 'show the routers and the sites they belong to').action(
    async (options: CommandOptions) => (await runner()).show((await queries()).routersQuery(options), options),
  )
  queryCommand(program, 'links', 'show the links between routers, from each end').action(
    async (options: CommandOptions) => (await runner()).show((await queries()).linksQuery(options), options),
  )
  queryCommand(program, 'topology', 'show each router with what it is linked to').action(
    async (options: CommandOptions) => (await runner()).show((await queries()).topologyQuery(options), options),
  )
}

const runner = () => import('./run-command.ts')
const queries = () => import('./queries.ts')

function queryCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .addOption(new Option('--server <url>', 'the collector to ask').env(SERVER_VARIABLE).default(DEFAULT_SERVER))
    .addOption(
      new Option(
        '--token-file <file>',
        'file whose first token is sent to the collector, as its http.tokenFile holds it',
      ).env('TIDEMARK_TOKEN_FILE'),
    )
    .addOption(
      new Option('--ca-file <file>', "PEM file of the authorities that sign the collector's certificate").env(
        'TIDEMARK_CA_FILE',
      ),
    )
    .addOption(outputOption())
    .option('-w, --watch', 'go on and show what changes', false)
    .option('-f, --ended', 'show what has ended too', false)
}
