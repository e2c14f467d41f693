import { it } from 'vitest'
import { viewSurvivesKills } from '../../support/properties/router-end-killed.ts'

const NETWORK = {
  // Some 10 s pass anyway; the 5 s that are left are what a busy machine has.
  speed: 1,
  routers: 4,
  services: 4,
  processes: 4,
  rate: 6,
  routerDialects: ['router-3.x', 'router-2.7', 'router-2.3'],
  controllerDialects: ['controller-v2', 'controller-v1'],
} as const

// Ten networks beside each other, since each of them mostly waits.
it('shows what is so within 15 s whenever the router end is killed, 100 times', async () => {
  await Promise.all(Array.from({ length: 10 }, () => viewSurvivesKills(NETWORK, 10)))
})
