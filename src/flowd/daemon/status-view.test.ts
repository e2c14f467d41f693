import { expect, it } from 'vitest'
import { flowOf, startEvent, tuple } from '../../../test/support/flowd/flows.ts'
import { Metrics } from '../../common/index.ts'
import { REGISTRY_SNAPSHOT, Registry } from '../../scitags/index.ts'
import { viewStatus } from './status-view.ts'

const health = {
  status: 'ready' as const,
  uptimeSeconds: 1,
  liveFlows: 4,
  plugins: [],
  backends: [],
  enrichers: [],
  problems: [],
}

it('sums flows by what they are for, and gives the stages that something came to and every figure', () => {
  const metrics = new Metrics({ prefix: 'x' })
  metrics.stage('idle')
  const busy = metrics.stage('busy')
  busy.received = 5
  busy.passed = 2
  busy.drop('full', 3)
  metrics.gaugeOf('x_waiting', 'Waiting.', () => 7)
  const flow = (port: number, change: Parameters<typeof startEvent>[1]) => flowOf(startEvent(port, change))
  const ids = (experiment: number, activity: number) => ({ experiment, activity })
  const flows = [
    flow(1, ids(600, 9)),
    flow(2, ids(3, 14)),
    flow(3, { ...ids(3, 14), flow: tuple(3, '192.0.2.1', '192.0.2.2') }),
    flow(4, ids(3, 14)),
  ]
  const registry = new Registry(REGISTRY_SNAPSHOT)
  const status = viewStatus({ health, configuration: 'flowd.yaml', flows, registry, metrics })
  expect(status).toMatchObject({ status: 'ready', configuration: 'flowd.yaml', figures: { x_waiting: 7 } })
  expect(status.activities).toEqual([
    { ...ids(3, 14), experimentName: 'cms', activityName: 'Analysis Input', flows: 3, markable: 2 },
    { ...ids(600, 9), flows: 1, markable: 0 },
  ])
  expect(status.stages).toEqual([{ stage: 'busy', received: 5, passed: 2, dropped: { full: 3 } }])
})
