import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { expect } from 'vitest'
import type { FlowEvent } from '../../../src/flowd/event.ts'
import { FireflyReceiver } from '../../../src/flowd/plugins/firefly/firefly-receiver.ts'
import type { FireflyReceiverOptions } from '../../../src/flowd/plugins/firefly/options.ts'
import { unitContext } from './unit-context.ts'

export const RECEIVER_DEFAULTS: FireflyReceiverOptions = {
  bindAddress: '127.0.0.1',
  bindPort: 0,
  bufferSize: 4096,
  receiveBuffer: 65_536,
  fireflyReceivers: [],
}

/** Addresses of the host in these tests: of documentation; loopback is this host's as well. */
const HERE = ['127.0.0.1', '::1', '2001:db8::1', '192.0.2.1', 'fe80::1']

/** A UDP socket on loopback, at the port named or at any. */
export async function udpSocket(port = 0): Promise<Socket> {
  const socket = createSocket('udp4').bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** Plugins `firefly` under test, and who sends them datagrams. */
export class Receivers {
  readonly #client = createSocket('udp6')
  readonly #stops: (() => Promise<void>)[] = []

  async send(port: number, content: string | Uint8Array, address = '::ffff:127.0.0.1'): Promise<void> {
    await new Promise(resolve => this.#client.send(content, port, address, resolve))
  }

  /** Starts a plugin; `tell` sends it a datagram and gives the latest event once the datagram is counted. */
  async start(change: Partial<FireflyReceiverOptions> = {}) {
    const context = unitContext()
    const plugin = new FireflyReceiver({ ...RECEIVER_DEFAULTS, ...change }, context, () => HERE)
    const events: FlowEvent[] = []
    await plugin.start(event => events.push(event))
    this.onStop(() => plugin.stop())
    const port = Number(context.lines.find(({ fields }) => 'port' in fields)?.fields['port'])
    const account = context.metrics.stage('plugin firefly')
    const tell = async (text: string | Uint8Array) => {
      const seen = account.received
      await this.send(port, text)
      await expect.poll(() => account.received).toBe(seen + 1)
      return events.at(-1)
    }
    return { context, plugin, events, port, account, tell }
  }

  /** Has something done at the next stop, after what was added later. */
  onStop(stop: () => Promise<void>): void {
    this.#stops.push(stop)
  }

  /** Stops what was started since the last time. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop()
  }

  close(): void {
    this.#client.close()
  }
}
