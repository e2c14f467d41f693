import type { SimulatedSite, SiteLink } from './simulated-site.ts'

/**
 * Lets the link from a site's router to a peer's come up: the LINK learns its peer, and the peer counts one more.
 * Links of routers 2.x have no such state.
 */
export function linkUp(site: SimulatedSite, link: SiteLink, peer: SimulatedSite): void {
  const { router } = site
  const { access } = peer
  if (router === undefined || access === undefined || link.record.get('operStatus') !== 'down') return
  router.update(link.record, {
    peer: access.identity,
    operStatus: 'up',
    upTimeStamp: router.nowUs,
    activeTlsOrdinal: 0,
  })
  countLinks(peer, 1)
}

/** Lets a link go down, for the reason that routers give most often. */
export function linkDown(site: SimulatedSite, link: SiteLink, peer: SimulatedSite): void {
  const { router } = site
  if (router === undefined || link.record.get('operStatus') !== 'up') return
  router.update(link.record, {
    operStatus: 'down',
    downTimeStamp: router.nowUs,
    downCount: Number(link.record.get('downCount')) + 1,
    result: 'amqp:connection:framing-error',
    reason: 'Connection to the peer was lost',
  })
  countLinks(peer, -1)
}

function countLinks({ router, access }: SimulatedSite, change: number): void {
  if (router === undefined || access === undefined) return
  router.update(access, { linkCount: Math.max(0, Number(access.get('linkCount')) + change) })
}
