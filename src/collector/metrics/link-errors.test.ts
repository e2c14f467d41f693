import { beforeEach, describe, expect, it } from 'vitest'
import { T } from '../../../test/support/told-graph.ts'
import { ToldNetwork } from '../../../test/support/told-network.ts'
import { LinkErrors } from './link-errors.ts'

let network: ToldNetwork
beforeEach(() => {
  network = new ToldNetwork()
})

describe('errors of links', () => {
  it('count how often links went down, from what was first seen on (vector 50)', () => {
    const errors = new LinkErrors(network.view)
    network.view.subscribe(change => errors.onChange(change))
    network.tell('ROUTER', 'fz6wq:0', { startTime: T, parent: 's01' })
    const value = () => Number(errors.lines().split(' ').at(-1))
    const link = { parent: 'fz6wq:0', startTime: T, role: 'inter-router' }
    network.tell('LINK', 'fz6wq:1', { ...link, downCount: 12 })
    expect(value()).toBe(0)
    network.tell('LINK', 'fz6wq:1', { downCount: 15 })
    expect(value()).toBe(3)
    let removals = 0
    for (const [downCount, expected] of [
      [17, 5],
      [0, 5],
    ] as const) {
      removals += 1
      network.tell('LINK', 'fz6wq:1', { endTime: T + removals * 10 })
      network.graph.expire(T + removals * 3600e6)
      expect(network.view.get('fz6wq:1')).toBeUndefined()
      network.tell('LINK', 'fz6wq:1', { ...link, startTime: T + removals * 10 + 5, downCount })
      expect(value()).toBe(expected)
    }
    network.tell('LINK', 'fz6wq:1', { downCount: 1 })
    expect(value()).toBe(6)
  })

  it('have bounded labels: links with ever new roles are counted under "other"', () => {
    const errors = new LinkErrors(network.view)
    network.view.subscribe(change => errors.onChange(change))
    network.tell('ROUTER', 'fz6wq:0', { startTime: T, parent: 's01' })
    for (let number = 1; number <= 3000; number += 1) {
      const link = { parent: 'fz6wq:0', startTime: T, role: `role-${number}` }
      network.tell('LINK', `fz6wq:${number}`, { ...link, downCount: 0 })
      network.tell('LINK', `fz6wq:${number}`, { downCount: 1 })
    }
    const lines = errors.lines().trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(1001)
    expect(lines.at(-1)).toBe('skupper_site_link_errors_total{site_id="other",role="other"} 2000')
  })
})
