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
    expect(await flowd.control.send(startLines())).toEqual({ accepted: FLOWS, refused: [] })
    await receiver.one('start', FIRST_PORT + FLOWS - 1)
    expect(await flowd.stop(signal)).toBe(0)
    await receiver.one('end', FIRST_PORT + FLOWS - 1)
    expect(ports('start').size).toBe(FLOWS)
    expect(ports('end').size).toBe(FLOWS)
    expect(receiver.fireflies).toHaveLength(2 * FLOWS)
  })

  it('cuts the drain short when it is told twice', async () => {
    await using flowd = await new FlowdProcess({ configuration: { ...configuration(), drainSeconds: 60 } }).ready()
    // So many that their ends are not all announced between the two signals.
    for (let first = 0; first < 60_000; first += 10_000) {
      const ports = Array.from({ length: 10_000 }, (_, index) => first + index + 1)
      await flowd.control.send(ports.map(port => `start tcp ::2 ${port} ::1 5777 3 14`))
    }
    flowd.child.kill('SIGTERM')
    await flowd.says(/msg=stopping/)
    expect(await flowd.stop('SIGTERM')).toBe(1)
    expect(flowd.stderr).toContain('the drain is cut short')
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
