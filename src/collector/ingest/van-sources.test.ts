import { beforeEach, describe, expect, it } from 'vitest'
import { MAIN, ROUTER, ToldSources } from '../../../test/support/told-sources.ts'
import { BEACON_ADDRESS, encodeBeacon, encodeHeartbeat } from '../../vanflow/index.ts'

let van: ToldSources
beforeEach(() => {
  van = new ToldSources()
})

describe('the sources of a network', () => {
  it('attaches all addresses of a router, the main one last, and asks it when that is up (V5)', () => {
    van.beacon()
    expect([...van.attached.keys()]).toEqual([`${MAIN}.flows`, `${MAIN}.logs`, MAIN])
    expect(van.sent).toEqual([])
    van.sources.onLinked(van.attached.get(MAIN)!, 0)
    expect(van.sent).toEqual([`sfe.${ROUTER}`])
    expect(van.port.told).toEqual([`open ${ROUTER} ROUTER`, `mark ${ROUTER}`])
  })

  it('reads the heartbeats of a controller, whose beacon has string keys (V6), and all addresses of a type unknown', () => {
    van.beacon('73e06170-6bc7-4ac2-bf9a-c0a3ce8b8b5e', 'CONTROLLER')
    van.beacon('odd', 'SOMETHING')
    expect([...van.attached.keys()]).toEqual([
      'mc/sfe.73e06170-6bc7-4ac2-bf9a-c0a3ce8b8b5e.heartbeats',
      'mc/sfe.73e06170-6bc7-4ac2-bf9a-c0a3ce8b8b5e',
      ...['.flows', '.logs', '.heartbeats', ''].map(suffix => `mc/sfe.odd${suffix}`),
    ])
  })

  it('knows a router 2.0.x, whose beacon lacks id and direct, by its address, and never asks it (V7)', () => {
    for (const address of ['mc/sfe.x', 'mc/sfe.y']) {
      const old = encodeBeacon({ id: '', direct: '', sourceType: 'ROUTER', address }, 'router')
      van.receive(BEACON_ADDRESS, old)
      van.sources.onLinked(van.attached.get(address)!, 0)
    }
    expect(van.port.told).toEqual(['open mc/sfe.x ROUTER', 'open mc/sfe.y ROUTER'])
    van.sources.tick(9e6)
    expect(van.sent).toEqual([])
  })

  it('attributes a heartbeat by its id, not by the address that it was sent to (V9)', () => {
    van.beacon('site', 'CONTROLLER')
    van.receive(
      'mc/sfe.site.heartbeats',
      encodeHeartbeat({ to: 'elsewhere', id: 'site', nowUs: 7e6 }, 'controller-v2'),
      10,
    )
    expect(van.port.handles[0]?.clockOffsetUs).toBe(3e6)
    van.receive('mc/sfe.site.heartbeats', encodeHeartbeat({ to: 'elsewhere', id: 'stranger', nowUs: 0 }, 'router'), 10)
    expect(van.counters.messages.dropped('unknown-source')).toBe(1)
  })

  it('reads and asks the sources that it knows again after a reconnect, without a beacon (defect 12)', () => {
    const source = van.liveRouter()
    van.attached.clear()
    van.sources.onDisconnected(1e6)
    van.sources.onConnected()
    expect([...van.attached.keys()]).toEqual([`${MAIN}.flows`, `${MAIN}.logs`, MAIN])
    van.sources.onLinked(source, 2e6)
    expect(van.sent).toEqual([`sfe.${ROUTER}`])
    van.receive(MAIN, encodeHeartbeat({ to: MAIN, messageId: 3, id: ROUTER, nowUs: 0 }, 'router'), 3)
    expect(van.counters.restarts).toBe(0)
  })

  it('asks for a lost link again after a while, and tries a FLUSH until it can be sent', () => {
    const source = van.liveRouter()
    van.attached.clear()
    van.sources.onLinkLost(source, MAIN, 1e6)
    van.sources.tick(2e6)
    expect(van.attached.size).toBe(0)
    van.sources.tick(6e6)
    expect(van.attached.size).toBe(3)
    van.canSend = false
    van.sources.onLinked(source, 6e6)
    expect(source.state.phase).toBe('attached')
    van.canSend = true
    van.sources.tick(6.5e6)
    expect(source.state.phase).toBe('flushed')
    expect(van.sent).toHaveLength(1)
  })

  it('ends everything with the reason when the collector stops', () => {
    van.liveRouter()
    van.sources.close(2e6)
    expect(van.port.told).toEqual([`close ${ROUTER} shutdown last heard 0.5 s`])
  })
})
