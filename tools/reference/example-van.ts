import { T, ToldGraph } from '../../test/support/told-graph.ts'

const WEST = '11111111-0000-4000-8000-000000000001'
const EAST = '22222222-0000-4000-8000-000000000002'
const CLIENT = 'c11e2700-0000-4000-8000-000000000003'
const SERVER = '5e27e200-0000-4000-8000-000000000004'

/**
 * The network of the worked examples: two sites with a router of 3.5 each, a service in the east that a process in the
 * west uses, one connection with one request on it, and one connection that has ended. Nothing in it depends on the
 * time or place at which it is made.
 */
export function exampleVan(): ToldGraph {
  const told = exampleNetwork()
  tellConnections(told)
  told.nowUs = T + 5_000_000
  return told
}

/** The network of the examples before anything flows through it. */
export function exampleNetwork(): ToldGraph {
  const told = new ToldGraph()
  for (const source of ['fz6wq:0', 'hk2pv:0', 'controller']) told.open(source).clockOffsetUs = 0
  told.tell('SITE', WEST, {
    startTime: T,
    name: 'west',
    namespace: 'west',
    platform: 'kubernetes',
    buildVersion: '2.2.1',
  })
  told.tell('SITE', EAST, {
    startTime: T,
    name: 'east',
    namespace: 'east',
    platform: 'kubernetes',
    buildVersion: '2.2.1',
  })
  told.tell('ROUTER', 'fz6wq:0', router(WEST, 'west'))
  told.tell('ROUTER', 'hk2pv:0', router(EAST, 'east'))
  told.tell('ROUTER_ACCESS', 'hk2pv:1', { parent: 'hk2pv:0', startTime: T + 1, role: 'inter-router', linkCount: 1 })
  told.tell('LINK', 'fz6wq:1', {
    parent: 'fz6wq:0',
    startTime: T + 1,
    peer: 'hk2pv:1',
    name: 'link-to-east',
    role: 'inter-router',
    operStatus: 'up',
    linkCost: 1,
    octets: 5200,
    octetsReverse: 4100,
  })
  told.tell('LISTENER', 'fz6wq:2', {
    parent: 'fz6wq:0',
    startTime: T + 2,
    name: 'backend',
    vanAddress: 'backend',
    protocol: 'tcp',
    destHost: '0.0.0.0',
    destPort: '1024',
    flowCountL4: 2,
  })
  told.tell('CONNECTOR', 'hk2pv:2', {
    parent: 'hk2pv:0',
    startTime: T + 2,
    name: 'backend@10.0.0.6',
    vanAddress: 'backend',
    protocol: 'tcp',
    destHost: '10.0.0.6',
    destPort: '8080',
    flowCountL4: 3,
  })
  told.tell('PROCESS', CLIENT, process(WEST, 'client', '10.1.0.5'))
  told.tell('PROCESS', SERVER, process(EAST, 'server', '10.0.0.6'))
  return told
}

/** What happens on the network: a connection that lives, a request on it, and a connection that has ended. */
export function tellConnections(told: ToldGraph): void {
  told.tell('BIFLOW_TPORT', 'fz6wq:3', { ...connection('40000'), octets: 500, octetsReverse: 700 })
  told.tell('BIFLOW_APP', 'fz6wq:4', {
    parent: 'fz6wq:3',
    startTime: T + 1_000_000,
    endTime: T + 1_020_000,
    protocol: 'HTTP/1.1',
    method: 'GET',
    result: '200',
    reason: 'OK',
    octets: 0,
    octetsReverse: 600,
    latency: 1500,
  })
  told.tell('BIFLOW_TPORT', 'fz6wq:5', {
    ...connection('40001'),
    octets: 10,
    octetsReverse: 20,
    endTime: T + 3_000_000,
    errorListenerSide: 'proton:io (Connection reset by peer)',
  })
}

function router(site: string, name: string) {
  return { parent: site, startTime: T, name: `0/${name}`, mode: 'interior', namespace: name, buildVersion: '3.5.1' }
}

function process(site: string, name: string, host: string) {
  return { parent: site, startTime: T, name, sourceHost: host, imageName: `registry.example/${name}:1`, group: name }
}

function connection(port: string) {
  return {
    parent: 'fz6wq:2',
    startTime: T + 500_000,
    connector: 'hk2pv:2',
    sourceHost: '10.1.0.5',
    sourcePort: port,
    proxyHost: '10.0.0.2',
    proxyPort: port.replace('4', '5'),
    trace: '0/west',
    latency: 1500,
    processLatency: 900,
  }
}
