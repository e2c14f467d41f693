import { afterEach, describe, expect, it } from 'vitest'
import type { Plugin } from '../../../src/flowd/components.ts'
import type { FlowEvent } from '../../../src/flowd/event.ts'
import type { UnitContext } from '../../../src/flowd/unit.ts'
import { startEvent } from './flows.ts'
import { unitContext } from './unit-context.ts'

/** How the suite drives one plugin. Each call to `create` may use the same path or port again. */
export interface PluginHarness {
  create(context: UnitContext): Plugin
  /** Makes the world tell the plugin of these flows, in order. */
  tell(plugin: Plugin, events: readonly FlowEvent[]): Promise<void>
  /** Makes the world tell the plugin something that is no event, and how the refusal is counted. */
  tellNonsense(plugin: Plugin): Promise<void>
  refusalCause: string
  /** Throws or rejects when nothing listens: proof that a stopped plugin has let go. */
  reach(): Promise<void>
}

/** What every plugin keeps to; each implementation runs it. */
export function describePlugin(name: string, harness: PluginHarness): void {
  describe(`${name} as a plugin`, () => {
    const started: Plugin[] = []
    afterEach(async () => {
      for (const plugin of started.splice(0)) await plugin.stop()
    })

    async function running() {
      const context = unitContext()
      const plugin = harness.create(context)
      const events: FlowEvent[] = []
      await plugin.start(event => events.push(event))
      started.push(plugin)
      return { context, plugin, events, account: context.metrics.stage(`plugin ${name}`) }
    }

    const flows = [startEvent(1), startEvent(2, { experiment: 2 }), startEvent(1, { state: 'end' })]

    it('touches nothing before it is started', async () => {
      harness.create(unitContext())
      await expect(harness.reach()).rejects.toThrow()
    })

    it('emits what it is told, in order, under its own name', async () => {
      const { plugin, events, account } = await running()
      await harness.reach()
      await harness.tell(plugin, flows)
      await expect.poll(() => events.length).toBe(3)
      for (const [index, { state, flow, experiment, activity }] of flows.entries()) {
        expect(events[index]).toMatchObject({ state, flow, experiment, activity, origin: name })
      }
      expect(account).toMatchObject({ received: 3, passed: 3 })
    })

    it('refuses nonsense with a count and a warning, and loses nothing beside it', async () => {
      const { plugin, events, account, context } = await running()
      await harness.tell(plugin, flows.slice(0, 1))
      await harness.tellNonsense(plugin)
      await harness.tell(plugin, flows.slice(1))
      await expect.poll(() => events.length).toBe(3)
      expect(account.dropped(harness.refusalCause)).toBe(1)
      expect(account.received).toBe(account.passed + account.dropped())
      expect(context.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    })

    it('stops twice, lets go of what it held, and can be made anew', async () => {
      for (let round = 0; round < 3; round += 1) {
        const { plugin, events } = await running()
        await harness.tell(plugin, flows)
        await expect.poll(() => events.length).toBe(3)
        await plugin.stop()
        await plugin.stop()
        await expect(harness.reach()).rejects.toThrow()
        expect(events).toHaveLength(3)
      }
    })

    it('may be stopped without having been started', async () => {
      await harness.create(unitContext()).stop()
    })
  })
}
