import { interruptible } from '../interruptible.ts'
import { formatRows, type OutputFormat } from '../output.ts'
import { ApiClient } from './api-client.ts'
import { readClientAccess } from './client-access.ts'
import { notesOn, unknownAddresses } from './notes.ts'
import { flowSumsQuery, flowsQuery } from './queries.ts'
import { columnsOf, type Query, type QueryOptions } from './query.ts'
import { answer, follow } from './run-query.ts'
import { type Screen, showOn } from './show.ts'
import { text } from './tables.ts'

export interface RunOptions extends QueryOptions {
  server: string
  tokenFile?: string
  caFile?: string
  output: OutputFormat
  watch: boolean
}

export interface FlowOptions extends RunOptions {
  /** Sums in place of single flows. */
  sum: boolean
}

/**
 * Runs a query: prints what it gives once, or goes on with what changes. What the reader must know beside goes to
 * standard error.
 *
 * @throws TidemarkError of the collector, or of what it was asked for
 */
export async function show<Row>(query: Query<Row>, options: RunOptions): Promise<void> {
  await run(query, clientOf(options), options)
}

/**
 * Shows the flows of service addresses, of all that there are when none is named.
 *
 * @throws TidemarkError ADDRESS_UNKNOWN once the others are shown; of the collector
 */
export async function showFlows(addresses: readonly string[], options: FlowOptions): Promise<void> {
  const client = clientOf(options)
  const known = (await client.list('vanaddrs')).map(address => text(address, 'name'))
  const failure = unknownAddresses(addresses, known)
  // A watch may begin before its address is there.
  if (failure !== undefined && options.watch) note(failure.message)
  const wanted =
    addresses.length === 0 ? known : options.watch ? addresses : addresses.filter(one => known.includes(one))
  if (failure !== undefined && wanted.length === 0) for (const line of notesOn(await client.health(), false)) note(line)
  else if (options.sum) await run(flowSumsQuery(wanted, options), client, options)
  else await run(flowsQuery(wanted, options), client, options)
  if (failure !== undefined && !options.watch) throw failure
}

function clientOf(options: RunOptions): ApiClient {
  return new ApiClient(options.server, readClientAccess(options))
}

async function run<Row>(query: Query<Row>, client: ApiClient, options: RunOptions): Promise<void> {
  if (options.watch) {
    for (const line of notesOn(await client.health(), false)) note(line)
    return watch(query, client, options)
  }
  const [rows, health] = await Promise.all([answer(query, client, options.ended), client.health()])
  const { stdout } = process
  const columns = columnsOf(query, options.ended)
  stdout.write(formatRows(options.output, columns, rows, stdout.isTTY ? stdout.columns || undefined : undefined))
  for (const line of notesOn(health, rows.length === 0)) note(line)
}

function note(line: string): void {
  process.stderr.write(`note: ${line}\n`)
}

async function watch<Row>(query: Query<Row>, client: ApiClient, options: RunOptions): Promise<void> {
  const { stdout } = process
  const screen: Screen = {
    write: text => void stdout.write(text),
    isTerminal: stdout.isTTY,
    // Some terminals say that they have no size.
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
  }
  // A line for each change says also that something ended; a drawn table just shows it no more.
  const includeEnded = options.ended || !(screen.isTerminal && options.output === 'table')
  const show = showOn(screen, query, { output: options.output, includeEnded })
  await interruptible(interrupt => follow(query, client, includeEnded, show, interrupt))
}
