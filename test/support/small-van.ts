import type { ProjectionInMemory } from './projection-in-memory.ts'

const T = 1_700_000_000_000_000

/** The two-site network of the reference: a client in the west, a server in the east, one connection between them. */
export function fillSmallVan(view: ProjectionInMemory): void {
  const backend = { vanAddress: 'backend:8080', protocol: 'tcp' }
  view.put('SITE', 'site-1', { name: 'west', namespace: 'ns-west', platform: 'kubernetes', provider: 'aws' })
  view.put('SITE', 'site-2', { name: 'east', namespace: 'ns-east', platform: 'podman', location: 'Geneva' })
  view.put('ROUTER', 'fz6wq:0', { parent: 'site-1', name: '0/west', mode: 'interior', buildVersion: '3.5.1' })
  view.put('ROUTER', 'hk2pv:0', { parent: 'site-2', name: '0/east', mode: 'interior', buildVersion: '3.5.1' })
  view.put('ROUTER', 'aaaaa:0', { parent: 'site-2', name: '0/alone', mode: 'edge' })
  const link = { mode: 'interior', linkCost: 1, operStatus: 'up', octets: 10, octetsReverse: 20 }
  view.put('LINK', 'fz6wq:1', { ...link, parent: 'fz6wq:0', name: '0/east', direction: 'outgoing' })
  view.put('LINK', 'fz6wq:1~p', { ...link, parent: 'hk2pv:0', name: '0/west', direction: 'incoming' })
  view.put('VAN_ADDRESS', 'col:0', {
    name: 'backend:8080',
    listenerCount: 1,
    connectorCount: 2,
    totalFlows: 10,
    currentFlows: 3,
  })
  view.put('VAN_ADDRESS', 'col:1', { name: 'adb', listenerCount: 1, connectorCount: 1, totalFlows: 0, currentFlows: 0 })
  view.put('LISTENER', 'fz6wq:2', { ...backend, parent: 'fz6wq:0', destHost: '0.0.0.0', destPort: '1024' })
  view.put('CONNECTOR', 'hk2pv:2', { ...backend, parent: 'hk2pv:0', destHost: '10.0.0.6', destPort: '8080' })
  view.put('PROCESS', 'p1', { parent: 'site-1', name: 'client', sourceHost: '10.1.0.5' })
  const flow = { vanAddress: 'backend:8080' }
  view.put('FLOW', 'fz6wq:3', {
    ...flow,
    parent: 'fz6wq:2',
    startTime: T,
    sourceHost: '10.1.0.5',
    sourcePort: '40000',
    process: 'p1',
    octets: 500,
    latency: 1500,
    duration: 5_000_000,
  })
  view.put('FLOW', 'fz6wq:3~c', {
    ...flow,
    parent: 'hk2pv:2',
    startTime: T,
    counterflow: 'fz6wq:3',
    octets: 700,
    latency: 900,
  })
  view.put('FLOW', 'fz6wq:4', { ...flow, parent: 'fz6wq:2', startTime: T + 1, sourceHost: '10.9.9.9', sourcePort: '7' })
  const request = { ...flow, startTime: T + 2, protocol: 'HTTP/1.1', method: 'GET', result: '200' }
  view.put('FLOW', 'fz6wq:5', { ...request, parent: 'fz6wq:3', octets: 0 })
  view.put('FLOW', 'fz6wq:5~c', { ...request, parent: 'fz6wq:3~c', counterflow: 'fz6wq:5', octets: 45 })
  view.put('FLOW', 'hk2pv:9', { ...flow, parent: 'hk2pv:2', startTime: T + 3, counterflow: 'lost', octets: 3 })
}
