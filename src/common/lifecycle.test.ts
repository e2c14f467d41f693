import { describe, expect, it } from 'vitest'
import { TidemarkError } from './errors/index.ts'
import { type Service, ServiceGroup } from './lifecycle.ts'
import { createLogger } from './log.ts'

/** A service that notes what is done to it, and may fail at either end. */
function service(name: string, notes: string[], faults: { start?: Error; stop?: Error } = {}): Service {
  const note = async (what: 'start' | 'stop') => {
    notes.push(`${what} ${name}`)
    const fault = faults[what]
    if (fault !== undefined) throw fault
  }
  return { start: () => note('start'), stop: () => note('stop') }
}

/** A group with what it did and what it logged. */
function group(make: (notes: string[]) => Service[]) {
  const notes: string[] = []
  const lines: string[] = []
  const log = createLogger({ level: 'info', time: false, format: 'text', write: line => lines.push(line) })
  return { notes, lines, services: new ServiceGroup(make(notes), log) }
}

describe('a group of services', () => {
  it('starts in order and stops in reverse, once', async () => {
    const { notes, services } = group(notes => ['a', 'b'].map(name => service(name, notes)))
    await services.start()
    await services.stop()
    await services.stop()
    expect(notes).toEqual(['start a', 'start b', 'stop b', 'stop a'])
  })

  it('stops what was started when one fails, and tells why that one did, whatever the clean-up does', async () => {
    const reason = new TidemarkError('CONFIG_NOT_FOUND', { file: '/x' })
    const { notes, lines, services } = group(notes => [
      service('a', notes),
      service('b', notes, { stop: new Error('b is stuck') }),
      service('c', notes, { start: reason }),
    ])
    await expect(services.start()).rejects.toBe(reason)
    expect(notes).toEqual(['start a', 'start b', 'start c', 'stop b', 'stop a'])
    expect(lines.join('')).toMatch(/level=ERROR.*did not stop cleanly.*b is stuck/)
  })

  it('tells of everything that did not stop', async () => {
    const { notes, services } = group(notes => [
      service('a', notes, { stop: new Error('a is stuck') }),
      service('b', notes, { stop: new Error('b is gone') }),
    ])
    await services.start()
    await expect(services.stop()).rejects.toThrow('b is gone; a is stuck')
    expect(notes).toContain('stop a')
  })
})
