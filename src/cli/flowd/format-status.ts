import type { ActivityView, StageView, StatusView } from '../../flowd/index.ts'
import { type Column, formatTable } from '../table.ts'

/** What begins the names of the marker's metrics, and of its packets' by what became of them. */
const MARKER = 'tidemark_flowd_marker_'
const PACKETS = `${MARKER}packets_`

const ACTIVITY_COLUMNS: readonly Column<ActivityView>[] = [
  { heading: 'EXPERIMENT', value: view => view.experimentName ?? String(view.experiment) },
  { heading: 'ACTIVITY', value: view => view.activityName ?? String(view.activity) },
  { heading: 'FLOWS', value: view => view.flows },
  { heading: 'CANNOT BE MARKED', value: view => view.flows - view.markable },
]

const STAGE_COLUMNS: readonly Column<StageView>[] = [
  { heading: 'STAGE', value: view => view.stage },
  { heading: 'RECEIVED', value: view => view.received },
  { heading: 'PASSED ON', value: view => view.passed },
  { heading: 'WAITING', value: view => view.received - view.passed - sum(Object.values(view.dropped)) },
  { heading: 'DROPPED, BY CAUSE', value: view => listOf(view.dropped) },
]

/** The status as text: a few lines about the daemon, then a table of flows and one of stages. */
export function formatStatus(status: StatusView): string {
  const { activities, stages } = status
  const lines = [
    ['flowd', `${status.status}, ${uptime(status.uptimeSeconds)}, version ${status.version}`],
    ...facts(status),
  ]
  const width = Math.max(...lines.map(([name = '']) => name.length))
  const head = lines.map(([name = '', text = '']) => `${name.padEnd(width)}  ${text}\n`).join('')
  return [
    head,
    ...(activities.length === 0 ? [] : [formatTable(ACTIVITY_COLUMNS, activities)]),
    ...(stages.length === 0 ? [] : [formatTable(STAGE_COLUMNS, stages)]),
  ].join('\n')
}

function facts(status: StatusView): [string, string][] {
  const { configuration, plugins, backends, enrichers, liveFlows, figures, problems } = status
  return [
    ['configuration', configuration],
    ['plugins', names(plugins)],
    ['backends', names(backends)],
    ['enrichers', names(enrichers)],
    ['live flows', String(liveFlows)],
    ...(backends.includes('marker') ? markerFacts(figures) : []),
    ...(figures['tidemark_flowd_journal_failing'] ? [JOURNAL_FAILS] : []),
    ...problems.map(({ unit, problem }): [string, string] => ['problem', `${unit}: ${problem}`]),
  ]
}

const JOURNAL_FAILS: [string, string] = ['journal', 'cannot be written: a crash now would forget the live flows']

function markerFacts(figures: StatusView['figures']): [string, string][] {
  const figure = (name: string) => figures[`${MARKER}${name}`] ?? 0
  const waiting = figure('waiting')
  const untouched = Object.fromEntries(
    Object.entries(figures)
      .filter(([name, count]) => name.startsWith(PACKETS) && !/_(?:seen|marked)_total$/.test(name) && count > 0)
      .map(([name, count]) => [
        name
          .slice(PACKETS.length)
          .replace(/_total$/, '')
          .replaceAll('_', ' '),
        count,
      ]),
  )
  return [
    ['marked flows', `${figure('marks')}${waiting > 0 ? `, and ${waiting} wait for room (maxFlows)` : ''}`],
    ['marked on', `${figure('interfaces')} interface${figure('interfaces') === 1 ? '' : 's'}`],
    [
      'packets',
      `${figure('packets_marked_total')} marked of ${figure('packets_seen_total')}; others: ${listOf(untouched)}`,
    ],
  ]
}

/** `3 syntax, 1 ids`, the most first; `-` for nothing. */
function listOf(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${count} ${name}`)
  return parts.join(', ') || '-'
}

function names(units: readonly string[]): string {
  return units.join(', ') || 'none'
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}

function uptime(seconds: number): string {
  if (seconds < 120) return `up ${seconds} s`
  if (seconds < 7200) return `up ${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `up ${Math.floor(seconds / 3600)} h` : `up ${Math.floor(seconds / 86_400)} days`
}
