import { beforeEach, describe, expect, it } from 'vitest'
import { T } from '../../../test/support/told-graph.ts'
import { ToldNetwork } from '../../../test/support/told-network.ts'
import { INVENTORY, InventoryCounts } from './inventory.ts'

let network: ToldNetwork
beforeEach(() => {
  network = new ToldNetwork()
})

describe('the inventory', () => {
  const counts = () => INVENTORY.map(gauge => new InventoryCounts(network.view, gauge, 100))

  it('counts links once their router and its site are known, and shows a status that no link has any more as 0 (vector 51)', () => {
    const links = counts()[2]!
    const lines = () => [...links.lines()].filter(line => line !== '')
    const link = { parent: 'fz6wq:0', startTime: T, role: 'inter-router' }
    network.tell('LINK', 'fz6wq:1', { ...link, operStatus: 'down' })
    network.tell('LINK', 'fz6wq:2', { ...link, operStatus: 'up' })
    expect(lines()).toEqual([])
    network.tell('ROUTER', 'fz6wq:0', { startTime: T })
    expect(lines()).toEqual([])
    network.tell('ROUTER', 'fz6wq:0', { parent: 's01', mode: 'interior' })
    const line = (status: string, count: number) =>
      `skupper_site_links_total{site_id="s01",role="inter-router",status="${status}"} ${count}\n`
    expect(lines()).toEqual([line('down', 1), line('up', 1)])
    network.tell('LINK', 'fz6wq:1', { operStatus: 'up' })
    expect(lines()).toEqual([line('down', 0), line('up', 2)])
  })

  it('counts sites, routers, listeners and connectors that live', () => {
    network.tellSites()
    network.tell('SITE', 'west-1', { 32: '2.2.1' })
    const all = counts()
    const text = () => all.map(gauge => [...gauge.lines()].join('')).join('')
    expect(text()).toBe(
      [
        'skupper_site_info{site_id="west-1",name="west",version="2.2.1"} 1',
        'skupper_routers_total{site_id="west-1",mode="interior"} 1',
        'skupper_routers_total{site_id="east-2",mode="interior"} 1',
        'skupper_site_listeners_total{site_id="west-1"} 1',
        'skupper_site_connectors_total{site_id="east-2"} 1',
        '',
      ].join('\n'),
    )
    network.tell('LISTENER', 'fz6wq:2', { endTime: T + 5 })
    expect(text()).toContain('skupper_site_listeners_total{site_id="west-1"} 0\n')
  })
})
