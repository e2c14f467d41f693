import { Readable } from 'node:stream'
import { inBlocks, type Logger, type Metrics, silentLogger } from '../../../common/index.ts'
import type { Backend } from '../../components.ts'
import type { FlowChange } from '../../flow.ts'
import type { UnitContext } from '../../unit.ts'
import { UnitServer } from '../../unit-server.ts'
import { FlowPage } from './flow-page.ts'
import { LegacyPage, type LegacySource } from './legacy/index.ts'
import type { PrometheusOptions } from './options.ts'
import type { Page } from './page.ts'

/** Few ask, and each answer may be long. */
const CONNECTIONS_MOST = 64

const NETLINK: LegacySource = { source: 'netlink', flavour: 'Netlink' }
const SKOPS: LegacySource = { source: 'skops', flavour: 'Ebpf' }

/** Where a page is served, and what stands above it. */
interface Endpoint {
  page: Page
  server: UnitServer
  preface: () => Promise<string>
}

/** Serves what is known of flows at `/metrics`: at one address, or at the two of flowd-go. */
export class PrometheusBackend implements Backend {
  readonly wantsSamples = true
  readonly #options: PrometheusOptions
  readonly #context: UnitContext
  readonly #log: Logger
  readonly #endpoints: readonly Endpoint[]

  constructor(options: PrometheusOptions, context: UnitContext) {
    this.#options = options
    this.#context = context
    this.#log = options.log ? context.log : silentLogger
    this.#endpoints = options.legacyNames ? this.#legacyEndpoints() : [this.#ownEndpoint()]
  }

  /**
   * @throws TidemarkError ADDRESS_IN_USE, LISTEN_FAILED, HTTP_UNGUARDED, HTTP_KEY_PAIR_INCOMPLETE, HTTP_FILE_UNUSABLE
   */
  async start(): Promise<void> {
    if (this.#endpoints.length === 0) {
      this.#log.warn({}, 'nothing is served: netlinkPort and skopsPort are both 0')
    }
    try {
      for (const endpoint of this.#endpoints) await this.#serve(endpoint)
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  handle(change: FlowChange): void {
    for (const { page } of this.#endpoints) page.handle(change)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#endpoints.map(({ server }) => server.stop()))
  }

  async #serve({ page, server, preface }: Endpoint): Promise<void> {
    const { contentType } = this.#context.metrics
    const text = async function* (): AsyncGenerator<string> {
      yield await preface()
      yield* inBlocks(page.parts())
    }
    const address = await server.start(routes =>
      routes.get('/metrics', (_request, reply) =>
        reply.header('content-type', contentType).send(Readable.from(text(), { highWaterMark: 1 })),
      ),
    )
    this.#log.info({ address: `${address}/metrics` }, 'metrics of flows are served')
  }

  /** Beside the flows it shows how the daemon itself does. */
  #ownEndpoint(): Endpoint {
    const { registry, metrics } = this.#context
    const { port, maxFlowSeries } = this.#options
    const page = new FlowPage({ maxFlowSeries, registry })
    metrics.counterOf(
      'tidemark_flowd_prometheus_activities_refused_total',
      'Flows that are counted under the activity "other", at the cap on activities.',
      () => page.refusedActivities,
    )
    exportPages(metrics, [page])
    return { page, server: this.#server(port), preface: () => metrics.text() }
  }

  #legacyEndpoints(): Endpoint[] {
    const { netlinkPort, skopsPort, maxFlowSeries } = this.#options
    const served = [
      { port: netlinkPort, source: NETLINK },
      { port: skopsPort, source: SKOPS },
    ].filter(({ port }) => port !== 0)
    const endpoints = served.map(({ port, source }) => ({
      page: new LegacyPage(source, maxFlowSeries),
      server: this.#server(port),
      preface: async () => '',
    }))
    exportPages(
      this.#context.metrics,
      endpoints.map(({ page }) => page),
    )
    return endpoints
  }

  #server(port: number): UnitServer {
    const { bindAddress } = this.#options
    return new UnitServer({
      section: 'backends.prometheus',
      what: 'backend prometheus',
      bindAddress,
      port,
      access: this.#options,
      maxConnections: CONNECTIONS_MOST,
      log: this.#log,
      health: this.#context.health,
    })
  }
}

function exportPages(metrics: Metrics, pages: readonly Page[]): void {
  const sum = (read: (page: Page) => number) => () => pages.reduce((all, page) => all + read(page), 0)
  metrics.gaugeOf(
    'tidemark_flowd_prometheus_flows',
    'Flows with series of their own.',
    sum(page => page.shown),
  )
  metrics.counterOf(
    'tidemark_flowd_prometheus_flows_refused_total',
    'Flows that found no room for series of their own when they came.',
    sum(page => page.refused),
  )
}
