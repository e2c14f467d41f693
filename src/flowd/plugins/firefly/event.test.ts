import { describe, expect, it } from 'vitest'
import { tuple } from '../../../../test/support/flowd/flows.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { eventOf } from './event.ts'

describe('eventOf', () => {
  const surroundings = {
    registry: unitContext().registry.current,
    origin: 'firefly',
    isLocal: (address: string) => address === '2001:db8::1',
    teller: '2001:db8:1::1',
  }
  const usage = { receivedBytes: 5, sentBytes: 7 }
  const told = { state: 'end', experiment: 1, activity: 1, usage } as const

  it('turns the usage that the other host tells, as it turns the flow', () => {
    const flow = tuple(7, '2001:db8::9', '2001:db8::1')
    expect(eventOf({ ...told, flow }, surroundings)).toMatchObject({
      value: { event: { usage: { receivedBytes: 7, sentBytes: 5 }, flow: { destination: { port: 7 } } } },
    })
    expect(eventOf({ ...told, flow: tuple(7) }, surroundings)).toMatchObject({ value: { event: { usage } } })
  })

  it('leaves out a usage of which one half is unknown', () => {
    const read = eventOf({ ...told, usage: { sentBytes: 1 }, flow: tuple(7) }, surroundings)
    expect(read.ok && read.value.event.usage).toBeUndefined()
  })
})

describe('who told of a flow', () => {
  const surroundings = { registry: unitContext().registry.current, origin: 'firefly' }
  const isLocal = (address: string) => address === '2001:db8::1'
  const toldBy = (source: string, destination: string, teller?: string) => {
    const firefly = { state: 'start', experiment: 1, activity: 1, flow: tuple(7, source, destination) } as const
    const read = eventOf(firefly, { ...surroundings, isLocal, teller })
    return read.ok && read.value.event.toldBy
  }

  it('is another host, which may stand for the other end of the flow, or nobody that is to be remembered', () => {
    const [here, there, third] = ['2001:db8::1', '2001:db8::2', '2001:db8::3']
    expect(toldBy(here, there)).toBeUndefined()
    expect(toldBy(there, here, third)).toEqual({ address: third, atEnd: true })
    expect(toldBy(here, there, there)).toEqual({ address: there, atEnd: true })
    expect(toldBy(there, third, there)).toEqual({ address: there, atEnd: false })
  })
})
