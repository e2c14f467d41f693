import { type Command, Option } from 'commander'
import { type OutputFormat, outputOption } from '../output.ts'
import type { Query, QueryOptions } from './query.ts'

interface CommandOptions extends QueryOptions {
  server: string
  tokenFile?: string
  caFile?: string
  output: OutputFormat
  watch: boolean
}

const DEFAULT_SERVER = 'http://127.0.0.1:8010'
const SERVER_VARIABLE = 'TIDEMARK_SERVER'

/** The commands that read a collector: `addresses`, `flows`, `sites`, `routers`, `links`, `topology`. */
export function registerQueries(program: Command): void {
  queryCommand(program, 'addresses', 'show the service addresses and how many flows each has').action(
    async (options: CommandOptions) => run((await import('./queries.ts')).addressesQuery(options), options),
  )
  queryCommand(program, 'flows', 'show the flows of service addresses, client side and server side joined')
    .argument('<address...>', 'service addresses, as the command addresses shows them')
    .action(async (addresses: string[], options: CommandOptions) =>
      run((await import('./queries.ts')).flowsQuery(addresses, options), options, addresses),
    )
  queryCommand(program, 'sites', 'show the sites of the network').action(async (options: CommandOptions) =>
    run((await import('./queries.ts')).sitesQuery(options), options),
  )
  queryCommand(program, 'routers', 'show the routers and the sites they belong to').action(
    async (options: CommandOptions) => run((await import('./queries.ts')).routersQuery(options), options),
  )
  queryCommand(program, 'links', 'show the links between routers, from each end').action(
    async (options: CommandOptions) => run((await import('./queries.ts')).linksQuery(options), options),
  )
  queryCommand(program, 'topology', 'show each router with what it is linked to').action(
    async (options: CommandOptions) => run((await import('./queries.ts')).topologyQuery(options), options),
  )
}

function queryCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .addOption(new Option('--server <url>', 'the collector to ask').env(SERVER_VARIABLE).default(DEFAULT_SERVER))
    .addOption(new Option('--token-file <file>', 'file whose first token is shown').env('TIDEMARK_TOKEN_FILE'))
    .addOption(
      new Option('--ca-file <file>', "PEM file of the authorities that sign the collector's certificate").env(
        'TIDEMARK_CA_FILE',
      ),
    )
    .addOption(outputOption())
    .option('-w, --watch', 'go on and show what changes', false)
    .option('-f, --ended', 'show what has ended too', false)
}

async function run<Row>(query: Query<Row>, options: CommandOptions, addresses: string[] = []): Promise<void> {
  const { ApiClient } = await import('./api-client.ts')
  const { answer, follow } = await import('./run-query.ts')
  const { readClientAccess } = await import('./client-access.ts')
  const client = new ApiClient(options.server, readClientAccess(options))
  if (!options.watch) {
    const { text, tables } = await answer(query, client, options.output, options.ended)
    process.stdout.write(text)
    for (const address of tables.unknownAddresses(addresses)) {
      process.stderr.write(`no service address '${address}' is known; 'tidemark addresses' lists those that are\n`)
    }
    return
  }
  const { showOn } = await import('./show.ts')
  const { stdout } = process
  const write = (text: string) => void stdout.write(text)
  const screen = { write, isTerminal: stdout.isTTY, columns: stdout.columns, rows: stdout.rows }
  const interrupt = new AbortController()
  const onSignal = () => interrupt.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal)
  try {
    // A line for each change says also that something ended; a drawn table just shows it no more.
    const includeEnded = options.ended || !(screen.isTerminal && options.output === 'table')
    const show = showOn(screen, query, { output: options.output, includeEnded })
    await follow(query, client, includeEnded, show, interrupt.signal)
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, onSignal)
  }
}
