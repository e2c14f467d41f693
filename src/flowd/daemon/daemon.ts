import { dirname, join } from 'node:path'
import {
  BUILD,
  type ErrorCode,
  formatProblem,
  type Logger,
  Metrics,
  messageOf,
  type Service,
  ServiceGroup,
  TidemarkError,
} from '../../common/index.ts'
import type { FlowdConfiguration, LoadedFlowdConfiguration } from '../configuration/index.ts'
import { type KernelSockets, noKernelSockets, openKernelSockets } from '../flow-table/index.ts'
import type { HealthView } from '../health.ts'
import { Journal } from '../journal/index.ts'
import { Pipeline } from '../pipeline/index.ts'
import { RegistryService } from '../registry/index.ts'
import type { UnitContext } from '../unit.ts'
import { type ChosenSections, chooseSections } from './chosen-sections.ts'
import type { ControlPort, FlowView, ReloadResult, SendResult } from './control-port.ts'
import { ControlServer } from './control-server.ts'
import { keepFixedKeys } from './fixed-keys.ts'
import { viewFlow } from './flow-view.ts'
import { optionalService } from './optional-service.ts'
import { PidFile } from './pid-file.ts'
import { RunningUnits } from './running-units.ts'
import { sendLines } from './send-lines.ts'
import { type StatusView, viewStatus } from './status-view.ts'

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

/**
 * flowd as a whole: the pipeline with the units of the configuration, the PID file and the control socket. It starts
 * in an order in which nothing is touched before it is known that no other instance runs, and unwinds when a step
 * fails.
 */
export class Daemon implements Service, ControlPort {
  readonly #setup: DaemonSetup
  readonly #metrics = new Metrics({ prefix: 'tidemark_flowd', processMetrics: true })
  readonly #registry: RegistryService
  #sockets: KernelSockets = noKernelSockets
  readonly #pipeline: Pipeline
  readonly #units: RunningUnits
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
    this.#units = new RunningUnits({
      units: loaded.units,
      pipeline: this.#pipeline,
      context: (kind, name) => this.#context(kind, name),
      log,
    })
    this.#services = new ServiceGroup(this.#createServices(), log)
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
      ...this.#units.names,
      problems: this.#units.problems,
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
    this.#requireReady()
    return sendLines(lines, {
      registry: this.#registry.current,
      emit: event => this.#pipeline.emit(event),
      maxFlows: this.#configuration.flowTable.maxFlows,
      log: this.#setup.log,
    })
  }

  /**
   * Reads the configuration again and changes what differs; flows and their marks live on. When anything of it is
   * refused, all stays as it was.
   *
   * @throws TidemarkError FLOWD_NOT_READY, and why the new configuration is refused
   */
  reload(): Promise<ReloadResult> {
    const reload = this.#reloading.then(() => this.#reload())
    this.#reloading = reload.catch(() => undefined)
    return reload
  }

  async metrics(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#metrics.contentType, text: await this.#metrics.text() }
  }

  /** How the program calls itself in messages. */
  get #application(): string {
    return `${this.#setup.loaded.profile ?? 'tidemark'}-${BUILD.version}`
  }

  #requireReady(): void {
    if (this.#status !== 'ready') throw new TidemarkError('FLOWD_NOT_READY', { status: this.#status })
  }

  async #reload(): Promise<ReloadResult> {
    // What is started beside a start or a stop would be stopped by nobody.
    this.#requireReady()
    const { load, log } = this.#setup
    const before = this.#chooseSections(this.#configuration)
    const loaded = load()
    const after = this.#chooseSections(loaded.values)
    const changes = await this.#units.change(before, after)
    const { configuration, held } = keepFixedKeys(this.#configuration, loaded.values)
    this.#configuration = configuration
    const warnings = [
      ...loaded.warnings.map(formatProblem),
      ...held.map(key => `${key} has changed in the file: only a restart changes it`),
    ]
    for (const warning of warnings) log.warn({}, warning)
    log.info({ changes }, 'configuration read again')
    return { changes, warnings }
  }

  #chooseSections(configuration: FlowdConfiguration): ChosenSections {
    const { loaded, without } = this.#setup
    return chooseSections(configuration, loaded.units, without)
  }

  #createPipeline(): Pipeline {
    const { log, journalPath } = this.#setup
    const { flowTable, drainSeconds } = this.#configuration
    return new Pipeline({
      table: flowTable,
      application: this.#application,
      probe: flow => this.#sockets.probe(flow),
      readSocket: flow => this.#sockets.read(flow),
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
    const { log, loaded } = this.#setup
    const { pidPath, controlSocket } = this.#configuration
    // A place that nobody asked for by name, and that this user may not use, is done without.
    const optional = (service: Service, key: string, code: ErrorCode): Service =>
      optionalService(service, { isOptional: loaded.origins.get(key)?.kind === 'default', code, log })
    return [
      optional(new ControlServer(controlSocket, this, log), 'controlSocket.path', 'CONTROL_SOCKET_FAILED'),
      ...(pidPath === '' ? [] : [optional(new PidFile(pidPath), 'pidPath', 'PID_FILE_UNWRITABLE')]),
      this.#registry,
      { start: () => this.#startUnits(), stop: () => this.#stopUnits() },
    ]
  }

  async #startUnits(): Promise<void> {
    const { log } = this.#setup
    const sections = this.#chooseSections(this.#configuration)
    try {
      this.#sockets = openKernelSockets((error, consequence) => log.warn({ reason: messageOf(error) }, consequence))
      await this.#units.start(sections)
    } catch (failure) {
      await this.#stopUnits()
      throw failure
    }
  }

  async #stopUnits(): Promise<void> {
    await this.#pipeline.stop()
    this.#sockets.close()
  }
}

/** A registry that was fetched is kept beside the journal. */
function registryCachePath(journalPath: string | undefined): string | undefined {
  return journalPath === undefined ? undefined : join(dirname(journalPath), 'registry.json')
}
