import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect } from 'vitest'
import { parseConfiguration } from '../../../src/common/index.ts'
import type { FlowEvent } from '../../../src/flowd/event.ts'
import { FlowTable } from '../../../src/flowd/flow-table/index.ts'
import { NetlinkTagger } from '../../../src/flowd/plugins/netlink/netlink.ts'
import { NETLINK_OPTIONS } from '../../../src/flowd/plugins/netlink/options.ts'
import { connectTcp6, inNetworkNamespace, SocketTable } from '../../../src/linux/index.ts'
import { tuple } from '../../support/flowd/flows.ts'
import { describePlugin } from '../../support/flowd/plugin-conformance.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'

const STREAM = fileURLToPath(new URL('../../support/flowd/tcp-stream-child.ts', import.meta.url))
const laboratory = new Laboratory()
let namespace: TestNamespace

beforeAll(async () => {
  namespace = laboratory.namespace()
  for (const address of ['2001:db8::1', '2001:db8::2']) {
    namespace.exec('ip', 'address', 'add', `${address}/128`, 'dev', 'lo', 'nodad')
  }
  // A port can be used again at once.
  namespace.exec('sysctl', '-qw', 'net.ipv4.tcp_max_tw_buckets=0')
  const listener = namespace.spawn(process.execPath, [STREAM, 'listen', '5777'])
  await once(listener.stdout!, 'data')
})
afterAll(() => laboratory.close())

const NONSENSE_PORT = 3
const SECTION = {
  period: 20,
  rules: [
    { sourcePorts: [1], experiment: 3, activity: 14 },
    { sourcePorts: [2], experiment: 2, activity: 14 },
    // As a list that is fetched later may know it.
    { sourcePorts: [NONSENSE_PORT], experiment: 'nobody', activity: 1 },
  ].map(rule => ({ destinationNetworks: ['2001:db8::2'], ...rule })),
}

const connections = new Map<number, number>()
let openTables = 0
let told = 0

function open(port: number): void {
  const { source, destination } = tuple(port)
  const fd = inNetworkNamespace(namespace.path, () => connectTcp6({ source, destination, trafficClass: 0 }))
  connections.set(port, fd)
}

function close(port: number): void {
  closeSync(connections.get(port) ?? -1)
  connections.delete(port)
}

function openTable(): SocketTable {
  const table = inNetworkNamespace(namespace.path, () => SocketTable.open())
  const closeTable = table.close.bind(table)
  table.close = () => {
    openTables -= 1
    closeTable()
  }
  openTables += 1
  return table
}

describePlugin('netlink', {
  create: context => {
    for (const port of [...connections.keys()]) close(port)
    const table = new FlowTable({ maxFlows: 10, application: 'test', onChange: () => undefined })
    const options = parseConfiguration(NETLINK_OPTIONS, JSON.stringify(SECTION), 'test').values
    const plugin = new NetlinkTagger(options, { ...context, flows: table }, openTable)
    return {
      start: emit =>
        plugin.start(event => {
          table.apply(event)
          told += 1
          emit(event)
        }),
      stop: () => plugin.stop(),
    }
  },
  tell: async (_plugin, events: readonly FlowEvent[]) => {
    for (const { state, flow } of events) {
      const before = told
      if (state === 'start') open(flow.source.port)
      else close(flow.source.port)
      await expect.poll(() => told).toBe(before + 1)
    }
  },
  tellNonsense: async () => open(NONSENSE_PORT),
  refusalCause: 'ids',
  reach: async () => {
    if (openTables === 0) throw new Error('nobody looks at sockets')
  },
})
