import { describe, expect, it } from 'vitest'
import { decodeMessage } from '../../vanflow/index.ts'
import { Random } from '../random.ts'
import { MISHAPS, Mishaps } from './mishaps.ts'
import { SimulatedNetwork } from './network.ts'
import { DEFAULT_NETWORK_OPTIONS } from './network-options.ts'

const EVERY = { restart: 7, replace: 11, silence: 13, links: 5, process: 3, controller: 17, gap: 4, clock: 6, cut: 10 }

describe('mishaps', () => {
  it.each(['router-2.3', 'router-2.7', 'router-3.x'] as const)(
    'leave a network of %s that tells the truth',
    dialect => {
      const told = new Set<string>()
      let listens = false
      const outlet = {
        hasSubscriber: () => true,
        spoil: <Records>(records: Records) => records,
        publish: (_address: string, bytes: Buffer) => {
          const message = decodeMessage(bytes)
          if (!listens || message.kind !== 'records') return
          for (const { identity, codes } of message.records) {
            if (codes.includes(4)) told.delete(identity)
            else told.add(identity)
          }
        },
      }
      const options = { ...DEFAULT_NETWORK_OPTIONS, routers: 6, rate: 10, routerDialects: [dialect] }
      const network = new SimulatedNetwork(options, outlet)
      let cuts = 0
      const mishaps = new Mishaps(EVERY, network, () => (cuts += 1), new Random(5))
      for (let tick = 0; tick < 1200; tick += 1) {
        network.advance()
        mishaps.tick()
      }
      expect(cuts).toBe(12)
      network.trafficRuns = false
      for (let tick = 0; tick < 200; tick += 1) network.advance()
      listens = true
      for (const site of network.plan.sites) {
        network.silence(site.name, false)
        for (const id of network.sourceIds(site.name)) expect(network.flush(`sfe.${id}`)).toBe(true)
      }
      for (let tick = 0; tick < 20; tick += 1) network.advance()
      expect(told).toEqual(new Set(network.truth().records.keys()))
      expect(network.truth().sources).toHaveLength(12)
    },
  )

  it('all have a name', () => {
    expect(new Set(Object.keys(EVERY))).toEqual(new Set(MISHAPS))
  })
})
