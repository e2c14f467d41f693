import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { TestNamespace } from '../namespace.ts'

/** What a firefly says, as far as tests look. */
export interface SeenFirefly {
  'flow-lifecycle': { state: string; 'start-time': string; 'end-time'?: string }
  'flow-id': { 'src-ip': string; 'dst-ip': string; 'src-port': number; 'dst-port': number; protocol: string }
  context: { 'experiment-id': number; 'activity-id': number }
  usage?: { received: number; sent: number }
  netlink?: object
  skOps?: object
}

/** Receives the fireflies that arrive in a namespace (here when absent), at UDP port 10514 or any free one (0). */
export class FireflyReceiver {
  readonly fireflies: SeenFirefly[] = []
  readonly child: ChildProcess
  port = 0
  readonly #ready: Promise<void>

  constructor(namespace?: TestNamespace, port = 10_514) {
    const script = `
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
try:
    s.setsockopt(socket.SOL_SOCKET, 33, 1 << 24) # SO_RCVBUFFORCE: beyond net.core.rmem_max, for root
except PermissionError:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
s.bind(('::', int(sys.argv[1])))
print('port', s.getsockname()[1], flush=True)
while True:
    text = s.recv(65535).decode()
    print(text[text.index('{'):], flush=True)
`
    const words = ['-c', script, String(port)]
    this.child = namespace === undefined ? spawn('python3', words) : namespace.spawn('python3', words)
    if (this.child.stdout === null) throw new Error('the receiver has no output')
    const lines = createInterface({ input: this.child.stdout })
    this.#ready = new Promise(resolve => {
      lines.on('line', line => {
        if (line.startsWith('port ')) {
          this.port = Number(line.slice('port '.length))
          resolve()
        } else this.fireflies.push(JSON.parse(line) as SeenFirefly)
      })
    })
  }

  /** Resolves when datagrams are received. */
  async ready(): Promise<this> {
    await this.#ready
    return this
  }

  /** Resolves with the firefly of a state and source port, once it has come. */
  async one(state: string, sourcePort: number): Promise<SeenFirefly> {
    for (;;) {
      const found = this.fireflies.find(
        firefly => firefly['flow-lifecycle'].state === state && firefly['flow-id']['src-port'] === sourcePort,
      )
      if (found !== undefined) return found
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }
}
