import { type Family, labelText, sampleLine } from '../../common/index.ts'
import type { WatchHub } from '../api/watch/hub.ts'
import type { ViewPort } from '../graph/view-port.ts'
import type { TrafficMetrics } from './traffic.ts'

/** A family that is read when it is scraped: the labels of each sample, and its value. */
interface ReadFamily extends Family {
  read(): Iterable<readonly [labels: string, value: number]>
}

const PREFIX = 'tidemark_collector'

/** What the collector tells of its own store, watchers and traffic metrics. */
export function ownFamilies(view: ViewPort, hub: WatchHub, traffic: TrafficMetrics): readonly ReadFamily[] {
  return [
    byWord('store_records', 'Records in the graph: that live, and that ended and are retained.', 'state', () => {
      const { live, ended } = view.statistics()
      return { live, ended }
    }),
    single('store_bytes', 'Estimate of the memory that records hold.', () => view.statistics().bytes),
    byWord('store_outcomes_total', 'What became of the records that the graph was handed.', 'outcome', () => {
      return view.statistics().outcomes
    }),
    byWord('store_evicted_total', 'Ended records that the graph forgot, by cause.', 'cause', () => {
      return view.statistics().evicted
    }),
    single('watchers', 'Clients that watch now.', () => hub.watchers),
    single('watch_objects_total', 'Changed objects handed to watchers.', () => hub.framesSent),
    single('watch_bytes', 'Memory that waits for watchers to read.', () => hub.memoryBytes),
    single('watchers_refused_total', 'Clients that asked to watch when as many as may be did.', () => hub.turnedAway),
    byWord('watchers_cut_total', 'Watchers that were cut, by cause.', 'cause', () => hub.cuts),
    single('traffic_connections', 'Connections that the skupper metrics count.', () => traffic.connections),
    single('traffic_waiting', 'Connections and requests that wait to learn whose they are.', () => {
      return traffic.waiting
    }),
    byWord('traffic_series_refused_total', 'What had to be counted under "other", at the cap on series.', 'of', () => ({
      connections: traffic.traffic.refused,
      requests: traffic.requests.refused,
    })),
    single('traffic_requests_dropped_total', 'Requests that found no room to wait.', () => {
      return traffic.requestsDropped
    }),
  ]
}

/** The samples of a family. */
export function readLines({ name, read }: ReadFamily): string {
  let lines = ''
  for (const [labels, value] of read()) lines += sampleLine(name, labels, value)
  return lines
}

function single(name: string, help: string, read: () => number): ReadFamily {
  return { ...familyOf(name, help), read: () => [['', read()]] }
}

function byWord(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): ReadFamily {
  return {
    ...familyOf(name, help),
    read: () => Object.entries(read()).map(([word, count]) => [labelText([label], [word]), count] as const),
  }
}

/** Counters are told by their names, as Prometheus wants them. */
function familyOf(name: string, help: string): Family {
  return { name: `${PREFIX}_${name}`, help, type: name.endsWith('_total') ? 'counter' : 'gauge' }
}
