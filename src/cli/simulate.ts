import { once } from 'node:events'
import { type Command, InvalidArgumentError } from 'commander'
import { bareHost } from '../common/index.ts'
import type { ControllerDialect, MessageFaults, Mishap, RouterDialect, VanOptions } from '../simulate/index.ts'
import { addExamples } from './examples.ts'
import { interruptible } from './interruptible.ts'

interface VanCommandOptions {
  listen: string
  routers: number
  services: number
  processes: number
  rate: number
  duration: number
  requests: number
  dialect: string[]
  fault?: Record<string, number>
  every?: Record<string, number>
  speed: number
  seed: number
  replay?: string
  moveTimes: boolean
}

/** `simulate van`: a network that is not there, for demonstrations, tests and benchmarks. */
export function registerSimulate(program: Command): void {
  const simulate = program
    .command('simulate')
    .description('play what Tidemark listens to, for demonstrations and tests')
  addExamples(
    simulate.command('van'),
    '--routers 12 --services 8 --rate 50',
    '--every restart=30 --every cut=60 --fault drop=0.01',
  )
    .description('play the routers and controllers of a virtual application network, as a collector hears them')
    .option('--listen <address>', 'where collectors connect', address, '127.0.0.1:5672')
    .option('--routers <n>', 'how many routers, one in each site', atLeastOne, 3)
    .option('--services <n>', 'how many service addresses', whole, 3)
    .option('--processes <n>', 'how many processes in each site', atLeastOne, 3)
    .option('--rate <n>', 'new connections a second', number, 2)
    .option('--duration <seconds>', 'how long connections last on average', number, 15)
    .option('--requests <n>', 'HTTP requests a second in each HTTP connection', number, 0.5)
    .option(
      '--dialect <name...>',
      'what routers (router-2.3, router-2.7, router-3.x) and controllers (controller-v1, controller-v2, controller-none) are, given out in turn',
      ['router-3.x', 'controller-v2'],
    )
    .option(
      '--fault <name=probability>',
      'what is wrong with messages, each with this probability (0 to 1): duplicate, drop, reorder, unknown, wrongType, lateTime',
      pairOf(probability),
    )
    .option(
      '--every <mishap=seconds>',
      'what befalls a site every so many seconds: restart, replace, silence, links, process, controller, gap, clock; or cut, all connections',
      pairOf(aboveZero),
    )
    .option('--speed <factor>', 'how much faster than real time everything goes', aboveZero, 1)
    .option('--seed <n>', 'the same seed gives the same network', whole, 1)
    .option('--replay <file>', 'play a recorded network instead')
    .option('--move-times', 'with --replay: tell it as if it was happening now', false)
    .action(async (options: VanCommandOptions, command: Command) => run(options, command))
}

async function run(options: VanCommandOptions, command: Command): Promise<void> {
  const { CaptureReplay, SimulatedVan } = await import('../simulate/index.ts')
  const { speed, moveTimes, replay } = options
  refuseIdle(options, command)
  const listen = endpoint(options.listen)
  const van =
    replay === undefined
      ? new SimulatedVan(await vanOptions(options, command))
      : new CaptureReplay(replay, { listen, speed, moveTimes })
  await interruptible(async interrupt => {
    try {
      await van.start()
      const what =
        replay === undefined ? `simulated network of ${options.routers} routers` : `recorded network ${replay}`
      const host = van.host.includes(':') ? `[${van.host}]` : van.host
      process.stdout.write(`${what} ready on amqp://${host}:${van.port}\n`)
      if (!interrupt.aborted) await once(interrupt, 'abort')
    } finally {
      await van.stop()
    }
  })
}

/** What a recording settles, so that these would have no effect on it. */
const OF_SIMULATION = [
  'routers',
  'services',
  'processes',
  'rate',
  'duration',
  'requests',
  'dialect',
  'fault',
  'every',
  'seed',
]

function refuseIdle({ replay, moveTimes }: VanCommandOptions, command: Command): void {
  const given = OF_SIMULATION.find(name => command.getOptionValueSource(name) === 'cli')
  if (replay !== undefined && given !== undefined) {
    command.error(`error: --replay plays what was recorded: --${given} has no effect on it`)
  }
  if (replay === undefined && moveTimes) command.error('error: --move-times has an effect with --replay only')
}

async function vanOptions(options: VanCommandOptions, command: Command): Promise<Partial<VanOptions>> {
  const { CONTROLLER_DIALECTS, MISHAPS, NO_FAULTS, ROUTER_DIALECTS } = await import('../simulate/index.ts')
  const { routers, services, processes, rate, duration, requests, speed, seed, fault = {}, every = {} } = options
  const check = (option: string, names: readonly string[], known: readonly string[]): void => {
    const unknown = names.find(name => !known.includes(name))
    if (unknown !== undefined) command.error(`error: ${option} knows no '${unknown}', only: ${known.join(', ')}`)
  }
  check('--dialect', options.dialect, [...ROUTER_DIALECTS, ...CONTROLLER_DIALECTS, 'controller-none'])
  check('--fault', Object.keys(fault), Object.keys(NO_FAULTS))
  check('--every', Object.keys(every), MISHAPS)
  const routerDialects = options.dialect.filter((name): name is RouterDialect => name.startsWith('router-'))
  const controllers = options.dialect.filter(name => name.startsWith('controller-'))
  const controllerDialects = controllers.filter((name): name is ControllerDialect => name !== 'controller-none')
  return {
    listen: endpoint(options.listen),
    routers,
    services,
    processes,
    rate,
    meanDurationMs: duration * 1000,
    requestRate: requests,
    speed,
    seed,
    messageFaults: fault as Partial<MessageFaults>,
    mishaps: every as Partial<Record<Mishap, number>>,
    // What is not named stays as it is by default.
    ...(routerDialects.length > 0 ? { routerDialects } : {}),
    ...(controllers.length > 0 ? { controllerDialects } : {}),
  }
}

function endpoint(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  const host = bareHost(address.slice(0, colon))
  return { host, port: Number(address.slice(colon + 1)) }
}

function address(text: string): string {
  const { host, port } = endpoint(text)
  if (host === '' || !text.includes(':') || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('write it as HOST:PORT, for example 127.0.0.1:5672')
  }
  return text
}

function atLeastOne(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('write a whole number, at least 1')
  return value
}

function aboveZero(text: string): number {
  if (number(text) <= 0) throw new InvalidArgumentError('write a number above 0')
  return number(text)
}

function whole(text: string): number {
  const value = number(text)
  if (!Number.isInteger(value)) throw new InvalidArgumentError('write a whole number')
  return value
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('write a number, not below 0')
  return value
}

function probability(text: string): number {
  if (number(text) > 1) throw new InvalidArgumentError('write a probability, from 0 to 1')
  return number(text)
}

function pairOf(read: (text: string) => number) {
  return (text: string, before: Record<string, number> = {}): Record<string, number> => {
    const [name, value, ...rest] = text.split('=')
    if (name === undefined || value === undefined || rest.length > 0)
      throw new InvalidArgumentError('write it as NAME=NUMBER')
    return { ...before, [name]: read(value) }
  }
}
