import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import rhea, { type EventContext, type Sender } from 'rhea'
import { encodeBeacon } from '../../src/vanflow/index.ts'
import { flowMessages, STREAM_ADDRESS, STREAM_SOURCE, standingRecords } from './flow-stream.ts'

/**
 * A router in a process of its own that sends a prepared stream of flows as fast as it finds credit, settled as
 * routers do. Prints its port; sends the stream to each who reads the flows' address.
 *
 * usage: node test/support/flow-sender-child.ts MESSAGES
 */
const messages = [...flowMessages(Number(process.argv[2]))]
const standing = standingRecords()
const beacon = encodeBeacon(
  { messageId: 0, sourceType: 'ROUTER', id: STREAM_SOURCE, address: STREAM_ADDRESS, direct: `sfe.${STREAM_SOURCE}` },
  'router',
)

const container = rhea.create_container({ sender_options: { snd_settle_mode: 1 } })
container.on('sender_open', ({ sender }: EventContext) => {
  if (sender === undefined) return
  const { address } = sender.source
  if (address === 'mc/sfe.all') sendWhenPossible(sender, [beacon])
  else if (address === STREAM_ADDRESS) sendWhenPossible(sender, [standing])
  else if (address === `${STREAM_ADDRESS}.flows`) sendWhenPossible(sender, messages)
})
for (const event of ['disconnected', 'connection_close', 'message']) container.on(event, () => undefined)

function sendWhenPossible(sender: Sender, payloads: readonly Buffer[]): void {
  let next = 0
  const pump = (): void => {
    while (next < payloads.length && sender.sendable()) {
      sender.send(payloads[next]!, undefined, 0)
      next += 1
    }
  }
  sender.on('sendable', pump)
  pump()
}

const server = container.listen({
  port: 0,
  host: '127.0.0.1',
  offered_capabilities: 'ANONYMOUS-RELAY',
  max_frame_size: 65536,
})
await once(server, 'listening')
process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
