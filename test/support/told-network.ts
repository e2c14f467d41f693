import { TRAFFIC_DEFAULTS, TrafficMetrics } from '../../src/collector/metrics/traffic.ts'
import { T, type Told, ToldGraph } from './told-graph.ts'

/** A graph with the two sites of the reference, and the traffic metrics of it, at a time that the test sets. */
export class ToldNetwork extends ToldGraph {
  nowMs = 0
  readonly traffic: TrafficMetrics

  constructor(options = TRAFFIC_DEFAULTS) {
    super()
    this.traffic = new TrafficMetrics(this.view, options)
    this.view.subscribe(change => this.traffic.onChange(change, this.nowMs))
  }

  tellSites(): void {
    this.tell('SITE', 'west-1', { startTime: T, name: 'west' })
    this.tell('SITE', 'east-2', { startTime: T, name: 'east' })
    this.tell('ROUTER', 'fz6wq:0', { startTime: T, parent: 'west-1', name: '0/west', mode: 'interior' })
    this.tell('ROUTER', 'hk2pv:0', { startTime: T, parent: 'east-2', name: '0/east', mode: 'interior' })
    const backend = { startTime: T, vanAddress: 'backend', protocol: 'tcp' }
    this.tell('LISTENER', 'fz6wq:2', { ...backend, parent: 'fz6wq:0' })
    this.tell('CONNECTOR', 'hk2pv:2', { ...backend, parent: 'hk2pv:0', destHost: '10.0.0.6' })
  }

  tellProcesses(): void {
    this.tell('PROCESS', 'p1', process('west-1', 'client-1', '10.1.0.5', 'clients'))
    this.tell('PROCESS', 'p2', process('east-2', 'server-1', '10.0.0.6', 'servers'))
  }

  tellConnection(id: string, told: Told = {}): void {
    this.tell('BIFLOW_TPORT', id, {
      parent: 'fz6wq:2',
      startTime: T,
      sourceHost: '10.1.0.5',
      connector: 'hk2pv:2',
      ...told,
    })
  }

  settle(): void {
    while (this.traffic.settle(this.nowMs, 10));
  }

  /** The traffic series, as `source > dest: opened closed sent received`. */
  get series(): string[] {
    this.settle()
    return [...this.traffic.traffic.values()].map(({ traffic, opened, closed, sentBytes, receivedBytes }) => {
      const ends = `${traffic.source.processName} > ${traffic.dest.processName}`
      return `${ends}: ${opened} ${closed} ${sentBytes} ${receivedBytes}`
    })
  }

  get requests(): string[] {
    this.settle()
    return [...this.traffic.requests.values()].map(({ labels, count }) => `${labels} ${count}`)
  }
}

function process(site: string, name: string, host: string, group: string): Told {
  return { startTime: T, parent: site, name, sourceHost: host, imageName: `img/${group}`, group }
}
