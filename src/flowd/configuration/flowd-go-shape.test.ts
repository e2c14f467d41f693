import { describe, expect, it } from 'vitest'
import { toFlowdGoShape } from './flowd-go-shape.ts'

describe("flowd-go's form of a configuration", () => {
  it('shows defaults for sections that are on, and null for those that are off (V97)', () => {
    const shape = toFlowdGoShape({
      pidPath: '/var/run/flowd-go.pid',
      workDir: '/var/cache/flowd-go',
      plugins: { api: {} },
      backends: { marker: {}, firefly: {} },
    })
    expect(shape).toEqual({
      PidPath: '/var/run/flowd-go.pid',
      WorkDir: '/var/cache/flowd-go',
      Plugins: {
        Np: null,
        Firefly: null,
        Api: { BindAddress: '127.0.0.1', BindPort: 7777 },
        Perfsonar: null,
        Iperf3: null,
      },
      Backends: {
        Marker: {
          TargetInterfaces: ['lo'],
          DiscoverInterfaces: false,
          RemoveQdisc: true,
          ProgramPath: '',
          RawMarkingStrategy: 'label',
          MarkingStrategy: 0,
          DebugMode: false,
          MatchAll: false,
        },
        Firefly: {
          DestinationPort: 10_514,
          PrependSyslog: true,
          SendToCollector: false,
          CollectorAddress: '127.0.0.1',
          CollectorPort: 10_514,
          Enrich: false,
          EnrichmentMode: 'lean',
          Stun: null,
        },
        Prometheus: null,
      },
      Enrichers: null,
    })
  })

  it('shows the values of the file, and what derives from them (V96)', () => {
    const shape = toFlowdGoShape({
      plugins: { namedPipe: { pipePath: '/x' } },
      backends: {
        marker: { markingStrategy: 'hopByHopDestination' },
        firefly: { stun: { manualMapping: { a: 'b' } } },
      },
      enrichers: { period: 1234, netlink: {}, skops: { strategy: 'poll' } },
    })
    expect(shape).toMatchObject({
      Plugins: { Np: { MaxReaders: 5, BuffSize: 1000, PipePath: '/x' } },
      Backends: { Marker: { MarkingStrategy: 3 }, Firefly: { Stun: { ManualMapping: { a: 'b' } } } },
      Enrichers: {
        Period: 1234,
        Netlink: { Protocol: 6, Ext: 255, State: 3071, CacheCapacity: 10, Period: 1234 },
        SkOps: { PollingInterval: 1_234_000_000, CgroupPath: '/sys/fs/cgroup', Strategy: 0, RawStrategy: 'poll' },
      },
    })
  })

  it("keeps flowd-go's order of keys", () => {
    expect(Object.keys(toFlowdGoShape({}))).toEqual(['PidPath', 'WorkDir', 'Plugins', 'Backends', 'Enrichers'])
    const { Plugins } = toFlowdGoShape({ plugins: {} }) as { Plugins: object }
    expect(Object.keys(Plugins)).toEqual(['Np', 'Firefly', 'Api', 'Perfsonar', 'Iperf3'])
  })
})
