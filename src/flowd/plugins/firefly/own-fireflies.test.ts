import { hostname } from 'node:os'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { fireflyOptions } from '../../../../test/support/flowd/firefly-options.ts'
import { flowOf, startEvent, tuple } from '../../../../test/support/flowd/flows.ts'
import { Receivers } from '../../../../test/support/flowd/receivers.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { createFireflyHeader, formatFirefly } from '../../../scitags/index.ts'
import { firefly as fireflyBackend } from '../../backends/firefly/index.ts'

const receivers = new Receivers()
afterEach(() => receivers.stop())
afterAll(() => receivers.close())

const START_US = Date.UTC(2021, 8, 7, 22, 22, 21) * 1000

describe('own fireflies', () => {
  const flow = tuple(7, '127.0.0.1', '127.0.0.1')
  const ours = (appName: string) => createFireflyHeader({ hostname: hostname(), appName })(START_US)

  it.each([true, false])('of the backend are no events (header: %s)', async prependSyslog => {
    const { port, account, events } = await receivers.start()
    const context = unitContext()
    const backend = fireflyBackend.create(fireflyOptions({ destinationPort: port, prependSyslog }), context)
    await backend.start()
    receivers.onStop(() => backend.stop())
    await backend.handle({ kind: 'start', flow: flowOf(startEvent(7, { flow })) })
    await expect.poll(() => account.dropped('own')).toBe(1)
    expect(events).toEqual([])
  })

  it('that a relay sends back are recognised by header and flow, those of a host of the same name are not', async () => {
    const { tell, account, events } = await receivers.start()
    const message = (address: string) =>
      formatFirefly({ state: 'start', flow: tuple(7, address), experiment: 1, activity: 1 })
    await tell(ours('tidemark-1.2.3') + message('2001:db8::1'))
    expect(account.dropped('own')).toBe(1)
    await tell(ours('tidemark-1.2.3') + message('2001:db8::7'))
    await tell(ours('xrootd') + message('2001:db8::1'))
    expect(events).toHaveLength(2)
  })
})
