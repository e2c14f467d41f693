import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FireflyReceiver } from '../../support/flowd/firefly-receiver.ts'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'

const FLOWS = 500
const FIRST_PORT = 20_000

let receiver: FireflyReceiver
beforeAll(async () => {
  receiver = await new FireflyReceiver(undefined, 0).ready()
})
afterAll(() => receiver.child.kill())

function configuration() {
  return { backends: { firefly: { destinationPort: receiver.port } } }
}

function startLines(): string[] {
  return Array.from({ length: FLOWS }, (_, index) => `start tcp ::1 ${FIRST_PORT + index} ::1 5777 3 14`)
}

/** The source ports of the fireflies of a state. */
function ports(state: string): Set<number> {
  const seen = receiver.fireflies.filter(firefly => firefly['flow-lifecycle'].state === state)
  return new Set(seen.map(firefly => firefly['flow-id']['src-port']))
}

describe('flowd that is told to end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by %s announces the end of every live flow, then exits 0', async signal => {
    receiver.fireflies.length = 0
    await using flowd = await new FlowdProcess({ configuration: configuration() }).ready()
    expect(await flowd.control.send(startLines())).toEqual({ accepted: FLOWS, refused: [], warnings: [] })
    await receiver.one('start', FIRST_PORT + FLOWS - 1)
    expect(await flowd.stop(signal)).toBe(0)
    await receiver.one('end', FIRST_PORT + FLOWS - 1)
    expect(ports('start').size).toBe(FLOWS)
    expect(ports('end').size).toBe(FLOWS)
    expect(receiver.fireflies).toHaveLength(2 * FLOWS)
  })

  it('cuts the drain short when it is told twice', async () => {
    const deaf = { modules: [resolve('test/fixtures/modules/deaf.mjs')], backends: { deaf: {} } }
    await using flowd = await new FlowdProcess({ configuration: { ...deaf, drainSeconds: 3600 } }).ready()
    await flowd.control.send(['start tcp ::2 1 ::1 5777 3 14'])
    const ended = flowd.ended()
    // Until it is heard: the first repetitions come too soon to count.
    const telling = setInterval(() => flowd.child.kill('SIGTERM'), 100)
    try {
      expect(await ended).toBe(1)
    } finally {
      clearInterval(telling)
    }
    expect(flowd.stderr).toContain('the drain is cut short')
  })

  it.each([
    { by: 'two signals at once', prefix: [], signals: ['SIGTERM', 'SIGINT'] },
    // `timeout` signals its child, and then the whole process group.
    { by: 'timeout', prefix: ['timeout', '600', 'setpriv', '--pdeathsig', 'KILL'], signals: ['SIGTERM'] },
  ] as const)('drains to the end when it is told twice in one breath by $by', async ({ prefix, signals }) => {
    receiver.fireflies.length = 0
    await using flowd = await new FlowdProcess({ prefix, configuration: configuration() }).ready()
    await flowd.control.send(startLines())
    await receiver.one('start', FIRST_PORT + FLOWS - 1)
    const ended = flowd.ended()
    for (const signal of signals) flowd.child.kill(signal)
    expect(await ended).toBe(0)
    await receiver.one('end', FIRST_PORT + FLOWS - 1)
    expect(ports('end').size).toBe(FLOWS)
    expect(flowd.stderr).not.toContain('the drain is cut short')
  })

  it('is not killed on its way out by one that comes late in the same breath', async () => {
    await using flowd = await new FlowdProcess().ready()
    const { child } = flowd
    const ended = flowd.ended()
    const beganMs = performance.now()
    while (child.exitCode === null && child.signalCode === null && performance.now() - beganMs < 300) {
      child.kill('SIGTERM')
      await delay(1)
    }
    expect(await ended).toBe(0)
  })

  it('keeps the flows when a reload takes the backend away, and announces nothing twice when it comes back', async () => {
    // Fireflies of the flows of other tests may still be on their way.
    const port = 65_000
    await using flowd = await new FlowdProcess({ configuration: configuration() }).ready()
    await flowd.control.send([`start tcp ::1 ${port} ::1 5777 3 14`])
    await receiver.one('start', port)
    flowd.configure({ backends: {} })
    expect((await flowd.control.reload()).changes).toEqual(['backend firefly stopped'])
    flowd.configure(configuration())
    expect((await flowd.control.reload()).changes).toEqual(['backend firefly started'])
    expect(await flowd.stop()).toBe(0)
    await receiver.one('end', port)
    const told = receiver.fireflies.filter(firefly => firefly['flow-id']['src-port'] === port)
    expect(told.map(firefly => firefly['flow-lifecycle'].state)).toEqual(['start', 'end'])
  })
})
