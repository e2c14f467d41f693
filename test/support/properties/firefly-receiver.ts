import { deepStrictEqual } from 'node:assert'
import { createSocket } from 'node:dgram'
import fc from 'fast-check'
import { firefly } from '../../../src/flowd/plugins/firefly/index.ts'
import { unitContext } from '../flowd/unit-context.ts'
import { datagrams } from './scitags.ts'

/** So many datagrams of this length fit the receive buffer. */
const BATCH = 50
const LENGTH_MAX = 3000

/** Any bytes may come to the plugin: each is an event or counted as refused, and a good one after them is taken. */
export async function datagramsSurvive(cases: number): Promise<void> {
  const context = unitContext()
  const options = { bindAddress: '127.0.0.1', bindPort: 0, bufferSize: 2048, receiveBuffer: 65_536 }
  const plugin = firefly.create({ ...options, fireflyReceivers: [] }, context)
  let events = 0
  await plugin.start(() => {
    events += 1
  })
  const port = Number(context.lines.at(-1)?.fields['port'])
  const account = context.metrics.stage('plugin firefly')
  const client = createSocket('udp4')
  const send = (bytes: Uint8Array) => new Promise(resolve => client.send(bytes, port, '127.0.0.1', resolve))
  const anything = fc.oneof(
    datagrams.map(text => Buffer.from(text)).filter(({ length }) => length <= LENGTH_MAX),
    fc.uint8Array({ maxLength: LENGTH_MAX }),
  )
  try {
    for (let sent = 0; sent < cases; sent += BATCH) {
      for (const bytes of fc.sample(anything, BATCH)) await send(bytes)
      while (account.received < sent + BATCH) await new Promise(resolve => setImmediate(resolve))
    }
    deepStrictEqual(account.passed + account.dropped(), account.received)
    deepStrictEqual(events, account.passed)
    await send(Buffer.from(GOOD))
    while (account.received % BATCH === 0) await new Promise(resolve => setImmediate(resolve))
    deepStrictEqual(account.passed, events)
  } finally {
    client.close()
    await plugin.stop()
  }
}

const GOOD =
  '{"flow-lifecycle":{"state":"start"},"flow-id":{"afi":"ipv4","src-ip":"10.0.0.1","dst-ip":"10.0.0.2",' +
  '"protocol":"tcp","src-port":1,"dst-port":2},"context":{"experiment-id":2,"activity-id":1}}'
