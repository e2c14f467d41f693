import { Metrics, silentLogger } from '../../src/common/index.ts'
import { noSocketProbe } from '../../src/flowd/flow-table/index.ts'
import { Pipeline } from '../../src/flowd/pipeline/index.ts'
import { startEvent } from '../../test/support/flowd/flows.ts'
import { createEveryUnit } from './every-unit.ts'
import { familiesOf, familyTable } from './metric-families.ts'
import { prometheusSections } from './prometheus-sections.ts'

/** `docs/reference/metrics-flowd.md`: every family that flowd has about itself when every unit is on. */
export async function flowdMetricsPage(): Promise<string> {
  const families = familiesOf(await scrape()).filter(({ name }) => name.startsWith('tidemark_'))
  return [
    '# Metrics of flowd',
    '',
    'What flowd says of itself, in the Prometheus text format, at `/metrics` of its control socket: `curl --unix-socket /run/tidemark/flowd.sock http://flowd/metrics`.',
    'Units add theirs when they are on. Beside these are those of the process, `process_*` and `nodejs_*`.',
    '',
    'What a stage received is what it passed on, plus what it dropped by cause, plus what waits.',
    '',
    ...familyTable(families),
    '',
    ...prometheusSections(),
    '',
  ].join('\n')
}

async function scrape(): Promise<string> {
  const metrics = new Metrics({ prefix: 'tidemark_flowd', maxSeries: 1 })
  const table = { maxFlows: 1, silenceLimit: 1, endGrace: 0, socketCheck: false }
  const pipeline = new Pipeline({ table, application: '', probe: noSocketProbe, metrics, log: silentLogger })
  createEveryUnit(metrics)
  await pipeline.start()
  pipeline.emit(startEvent(1))
  await pipeline.stop()
  metrics.stage('flow table').drop('unknown-end')
  return await metrics.text()
}
