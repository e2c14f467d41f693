import { expect, it } from 'vitest'
import type { StatusView } from '../../flowd/index.ts'
import { formatStatus } from './format-status.ts'

const STATUS: StatusView = {
  status: 'ready',
  uptimeSeconds: 7300,
  version: '1.2.3',
  configuration: '/etc/tidemark/flowd.yaml',
  liveFlows: 3,
  plugins: ['namedPipe'],
  backends: ['marker'],
  enrichers: [],
  problems: [],
  activities: [{ experiment: 3, experimentName: 'cms', activity: 14, flows: 3, markable: 2 }],
  stages: [{ stage: 'plugin namedPipe', received: 9, passed: 3, dropped: { ids: 1, syntax: 4 } }],
  figures: {
    tidemark_flowd_journal_failing: 0,
    tidemark_flowd_marker_marks: 2,
    tidemark_flowd_marker_interfaces: 1,
    tidemark_flowd_marker_waiting: 0,
    tidemark_flowd_marker_packets_seen_total: 10,
    tidemark_flowd_marker_packets_marked_total: 6,
    tidemark_flowd_marker_packets_not_ipv6_total: 4,
    tidemark_flowd_marker_packets_mtu_total: 0,
  },
}

it('shows at a glance what is marked, and what was dropped and why', () => {
  expect(formatStatus(STATUS)).toBe(`\
flowd          ready, up 2 h, version 1.2.3
configuration  /etc/tidemark/flowd.yaml
plugins        namedPipe
backends       marker
enrichers      none
live flows     3
marked flows   2
marked on      1 interface
packets        6 marked of 10; others: 4 not ipv6

EXPERIMENT  ACTIVITY  FLOWS  CANNOT BE MARKED
cms         14            3                 1

STAGE             RECEIVED  PASSED ON  WAITING  DROPPED, BY CAUSE
plugin namedPipe         9          3        1  4 syntax, 1 ids
`)
})

it('says what is wrong with the journal, the map and the units, and nothing of a marker that is off', () => {
  const figures = { tidemark_flowd_journal_failing: 1, tidemark_flowd_marker_waiting: 5 }
  const problems = [{ unit: 'backend marker', problem: 'nothing that leaves through eth0 is marked: no memory' }]
  const bad = formatStatus({ ...STATUS, figures, problems, activities: [], stages: [] })
  expect(bad).toContain('journal        cannot be written: a crash now would forget')
  expect(bad).toContain('marked flows   0, and 5 wait for room')
  expect(bad).toContain('problem        backend marker: nothing that leaves through eth0 is marked: no memory\n')
  expect(formatStatus({ ...STATUS, backends: [] })).not.toMatch(/marked|packets/)
})
