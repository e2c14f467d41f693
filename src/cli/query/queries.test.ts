import { describe, expect, it } from 'vitest'
import { linesOf, smallVan } from '../../../test/support/query.ts'
import { runCommand } from '../../../test/support/run-command.ts'

describe('the query commands print aligned tables with the columns of the prototype', () => {
  it('addresses', async () => {
    expect(await linesOf('addresses')).toEqual([
      'address       listeners  targets  total flows  current flows',
      'adb                   1        1            0              0',
      'backend:8080          1        2           10              3',
    ])
  })

  it('addresses, with what keeps one from being served', async () => {
    await using api = await smallVan()
    api.view.put('VAN_ADDRESS', 'col:1', { name: 'adb', listenerCount: 1, connectorCount: 0 })
    api.view.put('VAN_ADDRESS', 'col:2', { name: 'cart', listenerCount: 0, connectorCount: 2 })
    api.view.put('VAN_ADDRESS', 'col:3', { name: 'mail', listenerCount: 0, connectorCount: 0 })
    const { stdout } = await runCommand(['addresses', '--server', api.server.address])
    expect(stdout).toMatch(
      /flows +problem\nadb .* no target\nbackend:8080 +1 +2 +10 +3\ncart .* no listener\nmail .* neither/,
    )
  })

  it('sites', async () => {
    expect(await linesOf('sites')).toEqual([
      'site  namespace  location  provider  platform    age',
      'east  ns-east    Geneva              podman',
      'west  ns-west              aws       kubernetes',
    ])
  })

  it('sites, with the version that controllers of Skupper 1.x and 2.x each tell in their way', async () => {
    await using api = await smallVan()
    api.view.put('SITE', 'site-3', { name: 'new', buildVersion: '2.2.1' })
    api.view.put('SITE', 'site-4', { name: 'old', version: '1.8.2' })
    const { stdout } = await runCommand(['sites', '--server', api.server.address])
    expect(stdout).toMatch(/version +age\n.*\nnew +2\.2\.1\nold +1\.8\.2\n/)
  })

  it('flows: both sides joined, requests below connections, and one side alone where the other is unknown', async () => {
    expect(await linesOf('flows', 'backend:8080')).toEqual([
      'addr          proto     c.site  c.proc    c.port  c.oct    c.lat  s.oct   s.lat  s.proc    s.port  s.site    dur  res',
      'backend:8080  tcp       west    client    40000   500 B  1.50 ms  700 B  900 µs  10.0.0.6  8080    east    5.0 s',
      'backend:8080  HTTP/1.1  west    client    40000     0 B            45 B          10.0.0.6  8080    east           GET 200',
      'backend:8080  tcp       west    10.9.9.9  7',
      'backend:8080  tcp                                                   3 B          10.0.0.6  8080    east',
    ])
  })

  it('flows, summed by who talks with whom', async () => {
    await using api = await smallVan()
    api.view.put('PROCESS', 'p1', { parent: 'site-1', name: 'client-1', group: 'clients' })
    api.view.put('PROCESS', 'p2', { parent: 'site-1', name: 'client-2', group: 'clients' })
    const flow = { vanAddress: 'backend:8080', startTime: 1_700_000_000_000_000 }
    const client = { ...flow, parent: 'fz6wq:2', process: 'p2', sourcePort: '40001', octets: 1500, latency: 2500 }
    api.view.put('FLOW', 'fz6wq:6', { ...client, duration: 90_000_000 })
    api.view.put('FLOW', 'fz6wq:6~c', {
      ...flow,
      parent: 'hk2pv:2',
      counterflow: 'fz6wq:6',
      octets: 300,
      reason: 'reset',
    })
    const request = { ...flow, parent: 'fz6wq:6', method: 'GET', result: '503', octets: 7 }
    api.view.put('FLOW', 'fz6wq:7', request)
    api.view.put('FLOW', 'fz6wq:7~c', { ...request, parent: 'fz6wq:6~c', counterflow: 'fz6wq:7', octets: 70 })
    const { stdout } = await runCommand(['flows', 'backend:8080', '--sum', '--server', api.server.address])
    expect(stdout.split('\n')).toEqual([
      'addr          c.site  client    s.site  server    connections  requests  errors    c.oct    s.oct    c.lat   s.lat  longest',
      'backend:8080  west    clients   east    10.0.0.6            2         2       2  2.00 kB  1.00 kB  2.00 ms  900 µs    1m30s',
      'backend:8080                    east    10.0.0.6            1         0       0      0 B      3 B',
      'backend:8080  west    10.9.9.9                              1         0       0      0 B      0 B',
      '',
    ])
  })

  it('routers', async () => {
    expect(await linesOf('routers')).toEqual([
      'router   site  mode      version  age',
      '0/alone  east  edge',
      '0/east   east  interior  3.5.1',
      '0/west   west  interior  3.5.1',
    ])
  })

  it('links, from each end', async () => {
    expect(await linesOf('links')).toEqual([
      'router  site  direction  peer    mode      cost  status  since  octets  octets back',
      '0/east  east  incoming   0/west  interior     1  up               10 B         20 B',
      '0/west  west  outgoing   0/east  interior     1  up               10 B         20 B',
    ])
  })

  it('links, since when one is down, how often it was, and why', async () => {
    await using api = await smallVan()
    const times = { startTime: 1_000_000, duration: 99_000_000, upTimeStamp: 2_000_000, downTimeStamp: 40_000_000 }
    const down = { operStatus: 'down', downCount: 3, reason: 'connection aborted', direction: 'outgoing' }
    api.view.put('LINK', 'fz6wq:1', { ...times, ...down, parent: 'fz6wq:0', name: '0/east' })
    api.view.put('LINK', 'fz6wq:1~p', { ...times, operStatus: 'up', downCount: 0, parent: 'hk2pv:0', name: '0/west' })
    const { stdout } = await runCommand(['links', '--server', api.server.address])
    const [heading, up, broken] = stdout.split('\n')
    expect(heading).toMatch(/status +since +octets +octets back +times down +reason$/)
    expect(up).toMatch(/up +1m38s$/)
    expect(broken).toMatch(/down +1m00s +3 +connection aborted$/)
  })

  it('topology, with routers that stand alone', async () => {
    expect(await linesOf('topology')).toEqual([
      'router   site  direction  peer    mode      cost  status  since',
      '0/alone  east',
      '0/east   east  incoming   0/west  interior     1  up',
      '0/west   west  outgoing   0/east  interior     1  up',
    ])
  })
})
