import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import {
  BUILD,
  type ErrorCode,
  errorBody,
  formatProblem,
  isTidemarkError,
  type Logger,
  Metrics,
  messageOf,
  type Service,
  ServiceGroup,
  TidemarkError,
} from '../../common/index.ts'
import { flowKey } from '../../scitags/index.ts'
import type { Backend, Enricher, Plugin } from '../components.ts'
import type { FlowdConfiguration, LoadedFlowdConfiguration } from '../configuration.ts'
import { EVENT_LINE_GRAMMAR, readEventLine } from '../events/index.ts'
import { type KernelSockets, noKernelSockets, openKernelSockets } from '../flow-table/index.ts'
import type { HealthView } from '../health.ts'
import { Journal } from '../journal/index.ts'
import { Pipeline } from '../pipeline/index.ts'
import { RegistryService } from '../registry/index.ts'
import type { PluginDefinition, UnitContext } from '../unit.ts'
import { type ChosenSections, chooseSections } from './chosen-sections.ts'
import type { ControlPort, FlowView, ReloadResult, SendResult } from './control-port.ts'
import { ControlServer } from './control-server.ts'
import { viewFlow } from './flow-view.ts'
import { PidFile } from './pid-file.ts'
import { type StatusView, viewStatus } from './status-view.ts'
import { UnitSet } from './unit-set.ts'

export interface DaemonSetup {
  /** The configuration to start with. */
  loaded: LoadedFlowdConfiguration
  /** Reads the configuration again, for a reload. */
  load: () => LoadedFlowdConfiguration
  log: Logger
  /** Where the journal is kept; undefined for none. */
  journalPath: string | undefined
  /** Units that are left out although the configuration names them. */
  without: readonly string[]
}

/** Keys that only a restart changes. */
const FIXED_KEYS = ['pidPath', 'workDir', 'controlSocket', 'drainSeconds', 'flowTable', 'registry', 'modules'] as const

/**
 * flowd as a whole: the pipeline with the units of the configuration, the PID file and the control socket. It starts
 * in an order in which nothing is touched before it is known that no other instance runs, and unwinds when a step fails.
 */
export class Daemon implements Service, ControlPort {
  readonly #setup: DaemonSetup
  readonly #metrics = new Metrics({ prefix: 'tidemark_flowd', processMetrics: true })
  readonly #registry: RegistryService
  #sockets: KernelSockets = noKernelSockets
  readonly #pipeline: Pipeline
  readonly #plugins: UnitSet<Plugin>
  readonly #backends: UnitSet<Backend>
  readonly #enrichers: UnitSet<Enricher>
  readonly #services: ServiceGroup
  #configuration: FlowdConfiguration
  #status: HealthView['status'] = 'starting'
  /** The latest reload; the next begins when it is done. */
  #reloading: Promise<unknown> = Promise.resolve()

  constructor(setup: DaemonSetup) {
    this.#setup = setup
    const { log, loaded } = setup
    this.#configuration = loaded.values
    this.#registry = new RegistryService(loaded.values.registry, registryCachePath(setup.journalPath), log)
    this.#pipeline = this.#createPipeline()
    const { plugins, backends, enrichers } = loaded.units
    const context = (kind: string) => (name: string) => this.#context(kind, name)
    this.#backends = new UnitSet<Backend>('backend', backends, context('backend'), log, {
      attach: (name, backend) => this.#pipeline.addBackend(name, backend),
      detach: name => this.#pipeline.removeBackend(name),
    })
    this.#enrichers = new UnitSet<Enricher>('enricher', enrichers, context('enricher'), log, {
      attach: (name, enricher) => this.#pipeline.addEnricher(name, enricher),
      detach: name => this.#pipeline.removeEnricher(name),
    })
    this.#plugins = new UnitSet<Plugin>('plugin', plugins, context('plugin'), log, {
      attach: (name, plugin) => this.#pipeline.addPlugin(name, plugin),
      detach: name => this.#pipeline.removePlugin(name),
    })
    this.#services = new ServiceGroup(this.#createServices())
  }

  /** @throws TidemarkError of whatever could not be started; what was started before is stopped again */
  async start(): Promise<void> {
    await this.#services.start()
    this.#status = 'ready'
  }

  /** Announces the end of every live flow within the time for draining, and releases everything. Idempotent. */
  async stop(): Promise<void> {
    this.#status = 'stopping'
    await this.#reloading
    await this.#services.stop()
  }

  flows(): FlowView[] {
    return Array.from(this.#pipeline.flows.flows(), flow => viewFlow(flow, this.#registry.current))
  }

  health(): HealthView {
    return {
      status: this.#status,
      uptimeSeconds: Math.round(process.uptime()),
      liveFlows: this.#pipeline.flows.size,
      plugins: this.#plugins.names,
      backends: this.#backends.names,
      enrichers: this.#enrichers.names,
      problems: this.#problems(),
    }
  }

  status(): StatusView {
    return viewStatus({
      health: this.health(),
      configuration: this.#setup.loaded.file,
      flows: this.#pipeline.flows.flows(),
      registry: this.#registry.current,
      metrics: this.#metrics,
    })
  }

  /** @throws TidemarkError FLOWD_NOT_READY */
  send(lines: readonly string[]): SendResult {
    if (this.#status !== 'ready') throw new TidemarkError('FLOWD_NOT_READY', { status: this.#status })
    const result: SendResult = { accepted: 0, refused: [] }
    for (const [index, line] of lines.entries()) {
      if (line.trim() === '') continue
      const problem = this.#sendLine(line)
      if (problem === undefined) result.accepted += 1
      else result.refused.push({ line: index + 1, error: errorBody(problem) })
    }
    return result
  }

  /**
   * Reads the configuration again and changes what differs; flows and their marks live on. When anything of it is
   * refused, all stays as it was.
   *
   * @throws TidemarkError why the new configuration is refused
   */
  reload(): Promise<ReloadResult> {
    const reload = this.#reloading.then(() => this.#reload())
    this.#reloading = reload.catch(() => undefined)
    return reload
  }

  async metrics(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#metrics.contentType, text: await this.#metrics.text() }
  }

  #sendLine(line: string): TidemarkError | undefined {
    const read = readEventLine(line, this.#registry.current, 'control')
    if (!read.ok) {
      const reason = read.field === '' ? read.problem : `${read.field}: ${read.problem}`
      return new TidemarkError('EVENT_REFUSED', { reason, grammar: EVENT_LINE_GRAMMAR })
    }
    const { event, warnings } = read.value
    for (const warning of warnings) this.#setup.log.warn({ line }, warning)
    switch (this.#pipeline.emit(event)) {
      case 'unknown-end':
        return new TidemarkError('FLOW_UNKNOWN', { flow: flowKey(event.flow) })
      case 'table-full':
        return new TidemarkError('FLOW_TABLE_FULL', { limit: this.#configuration.flowTable.maxFlows })
      default:
        return undefined
    }
  }

  #problems(): HealthView['problems'] {
    return this.#backends.units.flatMap(([name, { problems = [] }]) =>
      problems.map(problem => ({ unit: `backend ${name}`, problem })),
    )
  }

  /** How the program calls itself in messages. */
  get #application(): string {
    return `${this.#setup.loaded.profile ?? 'tidemark'}-${BUILD.version}`
  }

  async #reload(): Promise<ReloadResult> {
    const { load, log } = this.#setup
    const before = this.#chooseSections(this.#configuration)
    const loaded = load()
    const after = this.#chooseSections(loaded.values)
    const changes = await this.#applySections(before, after)
    await this.#endFlowsOfNobody()
    const fixed = FIXED_KEYS.filter(key => !isDeepStrictEqual(loaded.values[key], this.#configuration[key]))
    this.#configuration = { ...loaded.values, ...pick(this.#configuration, FIXED_KEYS) }
    const warnings = [
      ...loaded.warnings.map(formatProblem),
      ...fixed.map(key => `${key} has changed in the file: only a restart changes it`),
    ]
    for (const warning of warnings) log.warn({}, warning)
    log.info({ changes }, 'configuration read again')
    return { changes, warnings }
  }

  #chooseSections(configuration: FlowdConfiguration): ChosenSections {
    const { loaded, without } = this.#setup
    return chooseSections(configuration, loaded.units, without)
  }

  /** Makes the units those of `after`; when one fails to start, those of `before` are brought back. */
  async #applySections(before: ChosenSections, after: ChosenSections): Promise<string[]> {
    const kinds = ['backends', 'enrichers', 'plugins'] as const
    const sets = { backends: this.#backends, enrichers: this.#enrichers, plugins: this.#plugins }
    const changes: string[] = []
    for (const [index, kind] of kinds.entries()) {
      try {
        changes.push(...(await sets[kind].apply(after[kind])))
      } catch (failure) {
        for (const changed of kinds.slice(0, index).reverse()) await sets[changed].apply(before[changed])
        throw failure
      }
    }
    return changes
  }

  /** Flows that only a plugin tells of which is off now: the journal and a reload leave some. */
  async #endFlowsOfNobody(): Promise<void> {
    const plugins: Readonly<Record<string, PluginDefinition>> = this.#setup.loaded.units.plugins
    const owners = Object.keys(plugins).filter(name => plugins[name]?.ownsFlows === true)
    await this.#pipeline.endFlowsOf(owners.filter(name => !this.#plugins.names.includes(name)))
  }

  #createPipeline(): Pipeline {
    const { log, journalPath } = this.#setup
    const { flowTable, drainSeconds } = this.#configuration
    return new Pipeline({
      table: flowTable,
      application: this.#application,
      probe: flow => this.#sockets.probe(flow),
      followDeaths: follower => this.#sockets.followDeaths(follower),
      ...(journalPath === undefined ? {} : { journal: flows => new Journal({ path: journalPath, flows, log }) }),
      metrics: this.#metrics,
      log,
      drainMs: drainSeconds * 1000,
    })
  }

  #context(kind: string, name: string): UnitContext {
    return {
      log: this.#setup.log.child({ [kind]: name }),
      metrics: this.#metrics,
      registry: this.#registry,
      flows: this.#pipeline.flows,
      followDeaths: follower => this.#sockets.followDeaths(follower),
      health: () => this.health(),
      application: this.#application,
    }
  }

  /** What starts, in this order: first what tells whether another instance runs. */
  #createServices(): Service[] {
    const { log } = this.#setup
    const { pidPath, controlSocket } = this.#configuration
    return [
      this.#unlessDefault('controlSocket.path', 'CONTROL_SOCKET_FAILED', new ControlServer(controlSocket, this, log)),
      ...(pidPath === '' ? [] : [this.#unlessDefault('pidPath', 'PID_FILE_UNWRITABLE', new PidFile(pidPath))]),
      this.#registry,
      { start: () => this.#startUnits(), stop: () => this.#stopUnits() },
    ]
  }

  /** Plugins last: backends and enrichers learn of the flows that the journal brings back, and plugins may emit at once. */
  async #startUnits(): Promise<void> {
    const { backends, enrichers, plugins } = this.#chooseSections(this.#configuration)
    try {
      this.#sockets = openKernelSockets((error, consequence) =>
        this.#setup.log.warn({ reason: messageOf(error) }, consequence),
      )
      await this.#backends.apply(backends)
      await this.#enrichers.apply(enrichers)
      await this.#pipeline.start()
      await this.#plugins.apply(plugins)
      await this.#endFlowsOfNobody()
    } catch (failure) {
      await this.#stopUnits()
      throw failure
    }
  }

  async #stopUnits(): Promise<void> {
    await this.#pipeline.stop()
    this.#sockets.close()
  }

  /** A place that nobody asked for by name, and that this user may not use, is done without, with a warning. */
  #unlessDefault(key: string, code: ErrorCode, service: Service): Service {
    const { loaded, log } = this.#setup
    const isDefault = loaded.origins.get(key)?.kind === 'default'
    return {
      start: async () => {
        try {
          await service.start()
        } catch (failure) {
          if (!(isDefault && isTidemarkError(failure, code))) throw failure
          log.warn({ remedy: failure.remedy }, failure.message)
        }
      },
      stop: () => service.stop(),
    }
  }
}

/** A registry that was fetched is kept beside the journal. */
function registryCachePath(journalPath: string | undefined): string | undefined {
  return journalPath === undefined ? undefined : join(dirname(journalPath), 'registry.json')
}

function pick<Values extends object, Key extends keyof Values>(
  values: Values,
  keys: readonly Key[],
): Pick<Values, Key> {
  return Object.fromEntries(keys.map(key => [key, values[key]])) as Pick<Values, Key>
}
