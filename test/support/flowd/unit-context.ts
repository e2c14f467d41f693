import { type Logger, Metrics, silentLogger } from '../../../src/common/index.ts'
import type { Flow } from '../../../src/flowd/flow.ts'
import { noSocketDeaths } from '../../../src/flowd/flow-table/index.ts'
import type { UnitContext } from '../../../src/flowd/unit.ts'
import { REGISTRY_SNAPSHOT, Registry } from '../../../src/scitags/index.ts'

/** One line that a unit logged. */
export interface LoggedLine {
  level: string
  message: string
  fields: Record<string, unknown>
}

/** What a unit is handed, with what it logs and the flows that live under the test's control. */
export function unitContext(): UnitContext & { lines: LoggedLine[]; live: Map<string, Flow> } {
  const lines: LoggedLine[] = []
  const live = new Map<string, Flow>()
  const logWith = (common: Record<string, unknown>): Logger => {
    const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
      void lines.push({ level, message, fields: { ...common, ...fields } })
    return {
      ...silentLogger,
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: fields => logWith({ ...common, ...fields }),
    }
  }
  return {
    log: logWith({}),
    metrics: new Metrics({ prefix: 'tidemark_flowd' }),
    registry: { current: new Registry(REGISTRY_SNAPSHOT) },
    flows: {
      get size() {
        return live.size
      },
      get: key => live.get(key),
      flows: () => live.values(),
    },
    followDeaths: noSocketDeaths,
    health: () => ({
      status: 'ready',
      uptimeSeconds: 1,
      liveFlows: live.size,
      plugins: [],
      backends: [],
      enrichers: [],
      problems: [],
    }),
    application: 'tidemark-1.2.3',
    lines,
    live,
  }
}
