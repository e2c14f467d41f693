import { describe, expect, it } from 'vitest'
import { startEvent, tuple } from '../../../../test/support/flowd/flows.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { everyFlow, Registry, type RegistryDocument } from '../../../scitags/index.ts'
import type { FlowEvent } from '../../event.ts'
import { readIds } from '../../events/index.ts'
import { FlowTable } from '../../flow-table/index.ts'
import type { HostSocket } from './host-socket.ts'
import { SocketFlows } from './socket-flows.ts'
import { Turns } from './turns.ts'

const socket = (port: number, cookie = `${port}`): HostSocket => ({
  cookie,
  tuple: tuple(port),
  uid: 0,
  cgroupId: undefined,
})

const registryOf = (experiments: RegistryDocument['experiments']) =>
  new Registry({ experiments, version: 1, modified: '2026-01-01T00:00:00Z' })

/** Tags every socket but that of port 9, with a flow table behind it as in the daemon. */
function taggingFlows(experiment: string | number = 3) {
  const table = new FlowTable({ maxFlows: 100, application: 'test', onChange: () => undefined })
  const registry = { current: registryOf([]) }
  const context = { ...unitContext(), flows: table, registry }
  const told: string[] = []
  const emit = (event: FlowEvent) => {
    told.push(`${event.state} ${event.flow.source.port} ${event.experiment}`)
    table.apply(event)
  }
  const flows = new SocketFlows({
    origin: 'own',
    context,
    emit,
    tag: ({ tuple: { source } }) => (source.port === 9 ? undefined : readIds(experiment, 1, registry.current)),
    yieldsTo: origin => origin !== 'lower',
  })
  const look = (came: HostSocket[], gone: HostSocket[] = []) => flows.look({ came, gone, turns: new Turns() })
  const take = () => told.splice(0)
  const account = context.metrics.stage('plugin own')
  return { table, registry, look, take, account, context, flows }
}

describe('SocketFlows', () => {
  it('starts a flow for each socket that is to be tagged, and ends it with the same ids', async () => {
    const { look, take, account } = taggingFlows()
    await look([socket(1), socket(2), socket(9)])
    expect(take()).toEqual(['start 1 3', 'start 2 3'])
    await look([], [socket(1), socket(9)])
    expect(take()).toEqual(['end 1 3'])
    expect(account).toMatchObject({ received: 3, passed: 3 })
  })

  it('tells the end of the old socket before the start of one with the same addresses and ports', async () => {
    const { look, take, table } = taggingFlows()
    await look([socket(1, 'old')])
    await look([socket(1, 'new')], [socket(1, 'old')])
    expect(take()).toEqual(['start 1 3', 'end 1 3', 'start 1 3'])
    await look([], [socket(1, 'old')])
    expect(table.size).toBe(1)
  })

  it('ends the flow of an old socket when a new one with its addresses and ports comes between two looks', async () => {
    const { look, take, table, flows } = taggingFlows()
    await look([socket(1, 'old')])
    flows.came(socket(1, 'new'))
    expect(take()).toEqual(['start 1 3', 'end 1 3', 'start 1 3'])
    await look([], [socket(1, 'old')])
    expect(take()).toEqual([])
    expect(table.size).toBe(1)
    await look([], [socket(1, 'new')])
    expect(take()).toEqual(['end 1 3'])
  })

  it('leaves flows to who declared them by other means, before or since', async () => {
    const { look, take, table } = taggingFlows()
    table.apply(startEvent(1, { origin: 'pipe', experiment: 5 }))
    table.apply(startEvent(2, { origin: 'lower', experiment: 5 }))
    await look([socket(1), socket(2), socket(3)])
    expect(take()).toEqual(['start 2 3', 'start 3 3'])
    table.apply(startEvent(3, { origin: 'pipe', experiment: 5 }))
    await look([], [socket(1), socket(2), socket(3)])
    expect(take()).toEqual(['end 2 3'])
    expect(Array.from(table.flows(), ({ origin }) => origin)).toEqual(['pipe', 'pipe'])
  })

  it('does not end a flow twice that the table has ended', async () => {
    const { look, take, table } = taggingFlows()
    await look([socket(1)])
    table.apply(startEvent(1, { state: 'end' }))
    take()
    await look([], [socket(1)])
    expect(take()).toEqual([])
  })

  it('after the first look ends flows of its own that it would not declare now, but not the one of every packet', async () => {
    const { look, take, table } = taggingFlows()
    for (const port of [1, 2]) table.apply(startEvent(port, { origin: 'own', activity: 1 }))
    table.apply(startEvent(3, { origin: 'pipe' }))
    table.apply({ ...startEvent(0, { origin: 'own' }), flow: everyFlow('tcp') })
    await look([socket(1)])
    expect(take()).toEqual(['start 1 3', 'end 2 3'])
    await look([])
    expect(take()).toEqual([])
    expect(table.size).toBe(3)
  })

  it('ends what it would not declare now in turns, and spares what is declared meanwhile', async () => {
    const { flows, take, table } = taggingFlows()
    for (const port of [1, 2, 3]) table.apply(startEvent(port, { origin: 'own' }))
    let turnsTaken = 0
    class ShortTurns extends Turns {
      override get isOver() {
        return true
      }
      override async next() {
        turnsTaken += 1
        if (turnsTaken === 1) flows.came(socket(3))
      }
    }
    await flows.look({ came: [], gone: [], turns: new ShortTurns() })
    expect(take()).toEqual(['end 1 3', 'start 3 3', 'end 2 3'])
    expect(turnsTaken).toBe(3)
  })

  it('counts sockets whose ids the registry does not know, and tags them when it does', async () => {
    const { look, take, account, registry, context } = taggingFlows('cms')
    await look([socket(1), socket(2)])
    expect(take()).toEqual([])
    expect(account.dropped('ids')).toBe(2)
    expect(context.lines.map(({ level }) => level)).toEqual(['warn', 'warn'])
    await look([], [socket(2)])
    const activities = [{ activityName: 'default', activityId: 1 }]
    registry.current = registryOf([{ expName: 'cms', expId: 3, activities }])
    await look([])
    await look([])
    expect(take()).toEqual(['start 1 3'])
    expect(account).toMatchObject({ received: 3, passed: 1 })
  })
})
