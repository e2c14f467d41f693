import Type from 'typebox'
import { beforeEach, describe, expect, it } from 'vitest'
import { unitContext } from '../../../test/support/flowd/unit-context.ts'
import { silentLogger } from '../../common/index.ts'
import type { UnitDefinition } from '../unit.ts'
import { UnitSet } from './unit-set.ts'

interface FakeUnit {
  label: string
}

const Options = Type.Object({ port: Type.Integer() })
const definition = (name: string): UnitDefinition<FakeUnit, typeof Options> => ({
  options: Options,
  create: ({ port }) => {
    if (port === 13) throw new Error(`${name} dislikes 13`)
    return { label: `${name}:${port}` }
  },
})
const REGISTRY = { one: definition('one'), two: definition('two'), three: definition('three') }

let events: string[]
let failing: Set<string>
let units: UnitSet<FakeUnit>

beforeEach(() => {
  events = []
  failing = new Set()
  const happen = (what: string): Promise<void> => {
    events.push(what)
    return failing.has(what) ? Promise.reject(new Error(`failed: ${what}`)) : Promise.resolve()
  }
  units = new UnitSet('plugin', REGISTRY, unitContext, silentLogger, {
    attach: (_name, unit) => happen(`+${unit.label}`),
    detach: (_name, unit) => happen(`-${unit.label}`),
  })
})

describe('UnitSet', () => {
  it('starts in the order of the registry and stops in reverse', async () => {
    expect(await units.apply({ two: { port: 2 }, one: { port: 1 } })).toEqual([
      'plugin one started',
      'plugin two started',
    ])
    expect(await units.apply({})).toEqual(['plugin one stopped', 'plugin two stopped'])
    expect(events).toEqual(['+one:1', '+two:2', '-two:2', '-one:1'])
  })

  it('touches only what changed, and frees everything before taking anything', async () => {
    await units.apply({ one: { port: 1 }, two: { port: 2 } })
    events.length = 0
    expect(await units.apply({ one: { port: 1 }, two: { port: 3 }, three: { port: 2 } })).toEqual([
      'plugin two restarted',
      'plugin three started',
    ])
    expect(events).toEqual(['-two:2', '+two:3', '+three:2'])
    expect(await units.apply({ one: { port: 1 } })).toEqual(['plugin two stopped', 'plugin three stopped'])
    expect(units.names).toEqual(['one'])
  })

  it('touches nothing when a new unit cannot even be made', async () => {
    await units.apply({ one: { port: 1 } })
    events.length = 0
    await expect(units.apply({ two: { port: 13 } })).rejects.toThrow('dislikes 13')
    expect(events).toEqual([])
    expect(units.names).toEqual(['one'])
  })

  it('brings back what ran when a unit fails to start', async () => {
    await units.apply({ one: { port: 1 }, two: { port: 2 } })
    events.length = 0
    failing.add('+three:3')
    await expect(units.apply({ two: { port: 5 }, three: { port: 3 } })).rejects.toThrow(
      'the plugin three could not start: failed: +three:3',
    )
    expect(events).toEqual(['-two:2', '-one:1', '+two:5', '+three:3', '-two:5', '+one:1', '+two:2'])
    expect(units.names).toEqual(['one', 'two'])
  })

  it('unwinds a failed first start', async () => {
    failing.add('+two:2')
    await expect(units.apply({ one: { port: 1 }, two: { port: 2 } })).rejects.toThrow('failed')
    expect(events).toEqual(['+one:1', '+two:2', '-one:1'])
    expect(units.names).toEqual([])
  })
})
