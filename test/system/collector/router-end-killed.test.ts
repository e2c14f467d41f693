import { it } from 'vitest'
import { viewSurvivesKills } from '../../support/properties/router-end-killed.ts'

const NETWORK = {
  // Some 10 s pass anyway; of the 5 s that are left, a busy machine has 3 s.
  speed: 1.5,
  routers: 3,
  services: 3,
  processes: 3,
  rate: 4,
  routerDialects: ['router-3.x', 'router-2.7', 'router-2.3'],
} as const

// Five networks beside each other, since each of them mostly waits.
it('shows what is so within 15 s whenever the router end is killed, 10 times', async () => {
  await Promise.all(Array.from({ length: 5 }, () => viewSurvivesKills(NETWORK, 2)))
})
