import { afterEach, describe, expect, it } from 'vitest'
import type { Backend } from '../../../src/flowd/components.ts'
import type { FlowEvent } from '../../../src/flowd/event.ts'
import type { FlowChange } from '../../../src/flowd/flow.ts'
import { FlowTable } from '../../../src/flowd/flow-table/index.ts'
import type { UnitContext } from '../../../src/flowd/unit.ts'
import { endEvent, flowOf, startEvent, tuple } from './flows.ts'
import { unitContext } from './unit-context.ts'

/** How the suite drives one backend. Each call to `create` may use the same ports or hooks again. */
export interface BackendHarness {
  create(context: UnitContext): Backend
  /** Checks that the world shows what these changes mean, all of them handled by a backend that still runs. */
  check(handled: readonly FlowChange[]): Promise<void>
  /** Checks that nothing of a stopped backend is left in the world. */
  checkGone(): Promise<void>
}

/** The changes that a flow table makes of events. */
function changesOf(...events: FlowEvent[]): FlowChange[] {
  const changes: FlowChange[] = []
  const table = new FlowTable({ maxFlows: 1000, application: 'test', onChange: change => changes.push(change) })
  for (const event of events) table.apply(event)
  return changes
}

const v4 = { flow: tuple(1, '192.0.2.1', '192.0.2.2') }
const udp = { flow: { ...tuple(1), protocol: 'udp' as const } }

const HISTORIES: Readonly<Record<string, () => FlowChange[]>> = {
  'a flow': () => changesOf(startEvent(1), endEvent(1)),
  'flows side by side': () => changesOf(startEvent(1), startEvent(2), endEvent(1), startEvent(3), endEvent(3)),
  'a flow that is replaced': () => changesOf(startEvent(1), startEvent(1, { activity: 15 })),
  'a flow under way': () => changesOf(startEvent(1), startEvent(1, { state: 'ongoing' })),
  'IPv4 and UDP flows': () => changesOf(startEvent(1, v4), startEvent(1, udp), endEvent(1, v4)),
  'a flow that cannot be marked': () => changesOf(startEvent(1, { experiment: 600 }), endEvent(1, { experiment: 600 })),
  'a flow resumed after a restart': () => [{ kind: 'resume', flow: flowOf(startEvent(1)) }],
  'an end of which the start was never told': () => changesOf(endEvent(1, { startTimeUs: 1 })),
  'a flow told twice': () => changesOf(startEvent(1)).flatMap(change => [change, change]),
  'a thousand flows': () =>
    changesOf(
      ...Array.from({ length: 1000 }, (_, index) => startEvent(index + 1)),
      ...[1, 500].map(port => endEvent(port)),
    ),
}

/** What every backend keeps to; each implementation runs it. */
export function describeBackend(name: string, harness: BackendHarness): void {
  describe(`${name} as a backend`, () => {
    const started: Backend[] = []
    afterEach(async () => {
      for (const backend of started.splice(0)) await backend.stop()
    })

    async function running(): Promise<Backend> {
      const backend = harness.create(unitContext())
      await backend.start()
      started.push(backend)
      return backend
    }

    it('touches nothing before it is started', async () => {
      harness.create(unitContext())
      await harness.checkGone()
    })

    it.each(Object.entries(HISTORIES))('shows %s', async (_what, history) => {
      const changes = history()
      const backend = await running()
      for (const [index, change] of changes.entries()) {
        await backend.handle(change)
        // The world that looks on shares this process.
        if (index % 20 === 0) await new Promise(resolve => setImmediate(resolve))
      }
      await harness.check(changes)
    })

    it('stops twice, lets go of what it held, and can be made anew', async () => {
      for (let round = 0; round < 3; round += 1) {
        const changes = changesOf(startEvent(1))
        const backend = await running()
        for (const change of changes) await backend.handle(change)
        await harness.check(changes)
        await backend.stop()
        await backend.stop()
        await harness.checkGone()
      }
    })

    it('may be stopped without having been started', async () => {
      const backend = harness.create(unitContext())
      await expect(backend.stop()).resolves.toBeUndefined()
    })
  })
}
