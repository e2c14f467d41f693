import { beforeEach, describe, expect, test } from 'vitest'
import { T, ToldGraph } from '../../../test/support/told-graph.ts'

/** The vectors 17 to 40 of the VAN-Flow reference, section 8, as far as they are about the collector's state. */

let told: ToldGraph

beforeEach(() => {
  told = new ToldGraph()
})

describe('merge', () => {
  test('V17: a delta with nothing but type and id changes nothing, and is incomplete for an unknown id', () => {
    told.tell('LISTENER', 'fz6wq:2', { parent: 'fz6wq:0', startTime: T })
    const changes: string[] = []
    told.view.subscribe(({ kind }) => changes.push(kind))
    expect(told.tell('LISTENER', 'fz6wq:2')).toBe('unchanged')
    expect(changes).toEqual([])
    expect(told.tell('LISTENER', 'fz6wq:9')).toBe('incomplete')
    expect(told.view.get('fz6wq:9')?.isIncomplete).toBe(true)
  })

  test('V19: a message delivered twice leaves state and counters as once', () => {
    const twice = () => {
      told.tell('LISTENER', 'fz6wq:2', { parent: 'fz6wq:0', startTime: T, vanAddress: 'svc' })
      return told.tell('FLOW', 'fz6wq:3', { parent: 'fz6wq:2', startTime: T, octets: 7 })
    }
    expect(twice()).toBe('applied')
    const once = JSON.stringify([told.flows('svc'), told.address('svc')])
    expect(twice()).toBe('unchanged')
    expect(JSON.stringify([told.flows('svc'), told.address('svc')])).toBe(once)
  })

  test('V20: deltas add up', () => {
    told.tell('CONNECTOR', 'a:3', { parent: 'a:0', startTime: T, vanAddress: 'svc' }, 'a:0')
    told.tell('CONNECTOR', 'a:3', { flowCountL4: 2 }, 'a:0')
    expect(told.attributes('a:3')).toEqual({ parent: 'a:0', startTime: T, vanAddress: 'svc', flowCountL4: 2 })
  })

  test('V21, defect 10: an end time of 0 means alive', () => {
    const zero = { parent: 'site-1', startTime: T, endTime: 0, sourceHost: '10.1.0.9', imageName: 'img/z', name: 'z' }
    told.tell('PROCESS', 'p9', zero)
    expect(told.attributes('p9')).not.toHaveProperty('endTime')
    expect(told.view.get('p9')?.endTimeUs).toBeUndefined()
  })

  test('V22: site records of Skupper 1.x, and a start time of 0 keeps the former', () => {
    told.tell('SITE', 's', { startTime: T, name: 'w', 52: '1.8.2', 53: 'disabled' })
    expect(told.attributes('s')).toEqual({ startTime: T, name: 'w', version: '1.8.2', policy: 'disabled' })
    told.tell('SITE', 's', { startTime: 0, 53: 'enabled' })
    expect(told.attributes('s')).toEqual({ startTime: T, name: 'w', version: '1.8.2', policy: 'enabled' })
    expect(told.view.get('s')?.get('policy')).toBe('enabled')
  })

  test('V23, defect 15: attributes that a type should not have are kept by name, unknown ones by number', () => {
    told.tell('ROUTER', 'fz6wq:0', { startTime: T, 52: 3, 53: 'up', 200: 'x' })
    expect(told.attributes('fz6wq:0')).toEqual({ startTime: T, linkCount: 3, operStatus: 'up', attr200: 'x' })
    expect(told.view.get('fz6wq:0')?.get('attr200')).toBe('x')
  })

  test('V24, defect 13: a restarted router that uses an id again makes no chimera', () => {
    told.tell('LINK', 'aaaaa:5', { parent: 'aaaaa:0', startTime: T, name: 'east', linkCost: 1 })
    told.nowUs += 5_000_000
    told.open('aaaaa:0')
    told.tell('LISTENER', 'aaaaa:5', { parent: 'aaaaa:0', startTime: T + 9, vanAddress: 'svc' })
    expect(told.view.get('aaaaa:5')?.recordType).toBe('LISTENER')
    expect(told.attributes('aaaaa:5')).toEqual({ parent: 'aaaaa:0', startTime: T + 9, vanAddress: 'svc' })
    const [link, ...others] = told.view.byType('LINK')
    expect(others).toEqual([])
    expect(link?.endReason).toBe('restarted')
    expect(link?.attributes).toMatchObject({ name: 'east', endTime: T })
  })

  test('V25, defect 15: every type of the table has its list', () => {
    told.tell('PROCESS_GROUP', 'pg1', { startTime: T, name: 'servers' })
    told.tell('COLLECTOR', 'c1', { startTime: T })
    told.tell('LOG', 'fz6wq:9', { parent: 'fz6wq:0', startTime: T, endTime: T, logText: 'x' })
    expect([...told.api.list('PROCESS_GROUP')]).toHaveLength(1)
    expect([...told.api.list('COLLECTOR')]).toHaveLength(1)
    expect([...told.api.list('LOG')]).toHaveLength(1)
    expect(told.tell(99, 'x:1', { name: 'later' }, 'x:0')).toBe('unknown-type')
  })
})

describe('inference in networks of 2.x routers', () => {
  beforeEach(() => {
    told.tell('SITE', 'site-1')
    told.tell('ROUTER', 'fz6wq:0', { parent: 'site-1', name: '0/west-router' })
    told.tell('ROUTER', 'hk2pv:0', { parent: 'site-2', name: '0/east-router' })
    told.tell('LINK', 'fz6wq:1', {
      parent: 'fz6wq:0',
      name: 'east-router',
      mode: 'interior',
      direction: 'incoming',
      linkCost: 1,
    })
    told.tell('LISTENER', 'fz6wq:2', { parent: 'fz6wq:0', vanAddress: 'backend:8080' })
    const connector = { parent: 'hk2pv:0', destHost: '10.0.0.6', destPort: '8080', vanAddress: 'backend:8080' }
    told.tell('CONNECTOR', 'hk2pv:2', connector)
    told.tell('PROCESS', 'p1', { parent: 'site-1', sourceHost: '10.1.0.5', imageName: 'img/client:1' })
    told.tell('PROCESS', 'p2', { parent: 'site-2', sourceHost: '10.0.0.6', imageName: 'img/server:1' })
  })

  function tellPair(): void {
    const client = { parent: 'fz6wq:2', startTime: T + 10, sourceHost: '10.1.0.5', sourcePort: '40000', octets: 0 }
    told.tell('FLOW', 'fz6wq:10', client)
    const trace = '0/west-router'
    const server = { parent: 'hk2pv:2', startTime: T + 11, counterflow: 'fz6wq:10', trace, octets: 0 }
    told.tell('FLOW', 'hk2pv:10', server)
  }

  test('V26: addresses, processes, images and link names', () => {
    expect([...told.api.list('VAN_ADDRESS')]).toEqual([
      {
        recordType: 'VAN_ADDRESS',
        identity: 'col:0',
        rtype: 'VAN_ADDRESS',
        id: 'col:0',
        name: 'backend:8080',
        listenerCount: 1,
        connectorCount: 1,
        totalFlows: 0,
        currentFlows: 0,
      },
    ])
    expect(told.attributes('hk2pv:2')).toMatchObject({ process: 'p2' })
    expect([...told.api.list('IMAGE')]).toMatchObject([
      { identity: 'col:1', name: 'img/client:1' },
      { identity: 'col:2', name: 'img/server:1' },
    ])
    expect(told.attributes('p1')).toMatchObject({ image: 'col:1' })
    expect(told.api.get('fz6wq:1')).toMatchObject({ name: '0/east-router' })
  })

  test('V27: both flows of a pair know their process and each other', () => {
    tellPair()
    expect(told.attributes('fz6wq:10')).toMatchObject({ process: 'p1', counterflow: 'hk2pv:10' })
    expect(told.attributes('hk2pv:10')).toMatchObject({ process: 'p2', counterflow: 'fz6wq:10' })
    expect(told.address('backend:8080')).toMatchObject({ totalFlows: 2, currentFlows: 2 })
  })

  test('V28 to V30, defect 2: each flow ends once, whatever comes after', () => {
    tellPair()
    told.tell('FLOW', 'fz6wq:10', { endTime: T + 5010, octets: 500 })
    expect(told.view.get('fz6wq:10')?.durationUs).toBe(5000)
    expect(told.address('backend:8080')).toMatchObject({ currentFlows: 1 })
    told.tell('FLOW', 'fz6wq:10', { reason: 'x' })
    told.tell('FLOW', 'fz6wq:10', { endTime: T + 5010 })
    expect(told.address('backend:8080')).toMatchObject({ currentFlows: 1 })
    told.tell('FLOW', 'hk2pv:10', { endTime: T + 5020 })
    expect(told.address('backend:8080')).toMatchObject({ totalFlows: 2, currentFlows: 0 })
  })

  test('V31, defect 3: a flow that comes with its end counts as begun and ended', () => {
    told.tell('FLOW', 'fz6wq:11', { parent: 'fz6wq:2', startTime: T, endTime: T + 9, sourceHost: '192.0.2.1' })
    expect(told.address('backend:8080')).toMatchObject({ totalFlows: 1, currentFlows: 0 })
  })

  test('V32, defect 4: the end of a connector is no end of a flow', () => {
    tellPair()
    told.tell('CONNECTOR', 'hk2pv:2', { endTime: T + 9000 })
    expect(told.address('backend:8080')).toMatchObject({ connectorCount: 0, listenerCount: 1, currentFlows: 2 })
  })

  test('V33, defect 7: a flow before its listener is linked when that arrives', () => {
    told.tell('FLOW', 'fz6wq:20', { parent: 'fz6wq:21', startTime: T, sourceHost: '10.1.0.5' })
    expect(told.address('backend:8080')).toMatchObject({ totalFlows: 0 })
    told.tell('LISTENER', 'fz6wq:21', { parent: 'fz6wq:0', vanAddress: 'backend:8080' })
    expect(told.address('backend:8080')).toMatchObject({ totalFlows: 1, currentFlows: 1, listenerCount: 2 })
    expect(told.flows('backend:8080').map(({ identity }) => identity)).toContain('fz6wq:20')
    expect(told.attributes('fz6wq:20')).toMatchObject({ process: 'p1' })
  })

  test('V34, defect 4: a listener that comes with its end counts nowhere', () => {
    told.tell('LISTENER', 'fz6wq:30', { parent: 'fz6wq:0', startTime: T, endTime: T + 1, vanAddress: 'dead' })
    expect(told.address('dead')).toMatchObject({ listenerCount: 0, totalFlows: 0, currentFlows: 0 })
  })

  test('V35, defect 8: the name of a link is the same before and after a FLUSH', () => {
    for (const name of ['east', '0east', '01-east', '0/east']) {
      const shown = name.includes('/') ? name : `0/${name}`
      for (let time = 0; time < 2; time += 1) {
        told.tell('LINK', 'fz6wq:40', { parent: 'fz6wq:0', startTime: T, name })
        expect(told.api.get('fz6wq:40')).toMatchObject({ name: shown })
      }
    }
  })

  test('V36, defect 6: one host address in two sites is two processes', () => {
    told.tell('PROCESS', 'px', { parent: 'site-1', sourceHost: '10.0.0.1' })
    told.tell('PROCESS', 'py', { parent: 'site-2', sourceHost: '10.0.0.1' })
    told.tell('FLOW', 'fz6wq:50', { parent: 'fz6wq:2', startTime: T, sourceHost: '10.0.0.1' })
    expect(told.attributes('fz6wq:50')).toMatchObject({ process: 'px' })
  })

  test('V37, defect 5: a flow that waits for its process is not lost when another one changes', () => {
    told.tell('FLOW', 'fz6wq:60', { parent: 'fz6wq:2', startTime: T, sourceHost: '10.1.0.5' })
    told.tell('FLOW', 'fz6wq:61', { parent: 'fz6wq:2', startTime: T, sourceHost: '10.1.0.77' })
    told.tell('FLOW', 'fz6wq:60', { octets: 1 })
    told.tell('PROCESS', 'p77', { parent: 'site-1', sourceHost: '10.1.0.77' })
    expect(told.attributes('fz6wq:61')).toMatchObject({ process: 'p77' })
  })

  test('V38, defect 9: durations of what lives go by the clock of its source', () => {
    told.source('fz6wq:0').clockOffsetUs = 3_000_000
    tellPair()
    told.nowUs = T + 60_000_000
    expect(told.view.get('fz6wq:10')?.durationUs).toBe(60_000_000 - 3_000_000 - 10)
  })
})

describe('BIFLOWs', () => {
  test('V39: all that a connection says', () => {
    told.tell('BIFLOW_TPORT', 'mnkbl:29', {
      parent: 'mnkbl:4',
      sourceHost: '10.129.6.234',
      sourcePort: '36306',
      octets: 5394,
      latency: 26_244,
      trace: '0/isd-pl-c87b45ad51e0-skupper-router-84b667b8d4-mnkbl',
      octetsReverse: 4436,
      connector: 'c2cmf:134',
      processLatency: 3431,
      proxyHost: '172.17.35.43',
      proxyPort: '40426',
      errorListenerSide: 'delivery-failed (destination unreachable)',
      errorConnectorSide: 'proton:io (Broken pipe - async disconnect 172.17.61.158:9443)',
    })
    expect(told.api.get('mnkbl:29')).toMatchObject({
      parent: 'mnkbl:4',
      counterflow: 'mnkbl:29~c',
      octets: 5394,
      latency: 26_244,
      reason: 'delivery-failed (destination unreachable)',
    })
    expect(told.api.get('mnkbl:29~c')).toEqual({
      parent: 'c2cmf:134',
      counterflow: 'mnkbl:29',
      sourceHost: '172.17.35.43',
      sourcePort: '40426',
      octets: 4436,
      latency: 3431,
      reason: 'proton:io (Broken pipe - async disconnect 172.17.61.158:9443)',
      trace: '0/isd-pl-c87b45ad51e0-skupper-router-84b667b8d4-mnkbl',
      recordType: 'FLOW',
      identity: 'mnkbl:29~c',
      rtype: 'FLOW',
      id: 'mnkbl:29~c',
    })
  })
})
