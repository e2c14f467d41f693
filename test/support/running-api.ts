import type { ApiServerOptions, WatchHubOptions } from '../../src/collector/api/index.ts'
import { ApiServer, WATCH_DEFAULTS, WatchHub } from '../../src/collector/api/index.ts'
import { silentLogger } from '../../src/common/index.ts'
import { NO_ACCESS_FILES } from './http-access.ts'
import { ProjectionInMemory } from './projection-in-memory.ts'
import { WatchStream } from './watch-stream.ts'

const METRICS = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  async *blocks() {
    yield 'a 1\n'
    yield 'b 2\n'
  },
}

/** The API on a free port over a projection in memory, with clients that end with it. */
export class RunningApi implements AsyncDisposable {
  readonly view = new ProjectionInMemory()
  readonly hub: WatchHub
  readonly server: ApiServer
  readonly #streams: WatchStream[] = []

  constructor(options: Partial<ApiServerOptions> = {}, hubOptions: Partial<WatchHubOptions> = {}) {
    this.hub = new WatchHub(this.view, { ...WATCH_DEFAULTS, ...hubOptions })
    this.server = new ApiServer({
      host: '127.0.0.1',
      port: 0,
      access: NO_ACCESS_FILES,
      cors: false,
      projection: this.view,
      hub: this.hub,
      metrics: METRICS,
      readiness: () => ({ isReady: true, reason: 'connected', sources: { live: 2, stale: 0 } }),
      log: silentLogger,
      ...options,
    })
  }

  static async start(
    options: Partial<ApiServerOptions> = {},
    hubOptions: Partial<WatchHubOptions> = {},
  ): Promise<RunningApi> {
    const api = new RunningApi(options, hubOptions)
    await api.server.start()
    return api
  }

  get url(): string {
    return `${this.server.address}/api/v1alpha1`
  }

  watch(path: string): WatchStream {
    const stream = new WatchStream(`${this.url}${path}`)
    this.#streams.push(stream)
    return stream
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of this.#streams) stream.close()
    await this.server.stop()
  }
}
