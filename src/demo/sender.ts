import { once } from 'node:events'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { connectTcp6, SocketTable } from '../linux/index.ts'
import { FlowdProcess } from './flowd-process.ts'
import { awaitCarrier, enterOwnNetwork, layCable, plugIn } from './host-network.ts'
import type { Retransmissions } from './observation.ts'
import { FLOW_NAMES, type FlowName, PLAN } from './plan.ts'

/** The extension of sock_diag that asks for tcp_info. */
const TCP_INFO = 1 << 1
const CHUNK = Buffer.alloc(64 * 1024, 'tidemark ')

/** The host that sends: flowd as its real daemon, and a generator of two transfers to the same service. */
export class Sender {
  readonly #flowd = new FlowdProcess()
  #transfers: Socket[] = []
  #pipe = ''

  /** What the director may ask for. */
  readonly actions = {
    enter: () => enterOwnNetwork(),
    awaitCarrier: () => awaitCarrier(),
    layCable: (peerPid: number) => layCable(peerPid),
    plugIn: () => void plugIn(PLAN.sender),
    startFlowd: async ({ conf, pipe }: { conf: string; pipe: string }) => {
      this.#pipe = pipe
      await this.#flowd.start(conf)
    },
    /** Writes one line into flowd's named pipe, as a storage service does. */
    declare: (line: string) => writeLine(this.#pipe, line),
    connect: () => this.#connect(),
    transfer: async () => {
      await Promise.all(this.#transfers.map(socket => send(socket, PLAN.transferBytes)))
    },
    /** How many segments each transfer sent again so far. */
    retransmissions: () => this.#retransmissions(),
    stopFlowd: () => this.#flowd.stop(),
  }

  async close(): Promise<void> {
    for (const socket of this.#transfers) socket.destroy()
    await this.#flowd.stop()
  }

  #connect(): void {
    this.#transfers = FLOW_NAMES.map(name => {
      const fd = connectTcp6({ ...ends(name), trafficClass: PLAN.flows[name].dscpClass })
      // A lost connection shows as bytes that never arrive; without a listener it would end this process.
      return new Socket({ fd, readable: true, writable: true }).on('error', error => console.error(error.message))
    })
  }

  #retransmissions(): Retransmissions {
    using table = SocketTable.open()
    const read = (name: FlowName): number =>
      table.lookup({ protocol: 'tcp', ...ends(name) }, TCP_INFO)?.tcpInfo?.totalRetrans ?? 0
    return { declared: read('declared'), other: read('other') }
  }
}

function ends(name: FlowName) {
  return {
    source: { address: PLAN.sender, port: PLAN.flows[name].port },
    destination: { address: PLAN.receiver, port: PLAN.servicePort },
  }
}

/** Writes into a named pipe; fails at once when there is none, or nobody who reads it. */
function writeLine(pipe: string, line: string): void {
  const fd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK)
  try {
    writeSync(fd, `${line}\n`)
  } finally {
    closeSync(fd)
  }
}

/** Writes that many bytes and waits until the kernel has taken them. */
async function send(socket: Socket, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    if (!socket.write(CHUNK.subarray(0, Math.min(left, CHUNK.length)))) await once(socket, 'drain')
  }
}
