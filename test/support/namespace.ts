import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A network namespace of a test, with `lo` up and nothing else in it until `connect`. */
export interface TestNamespace {
  name: string
  /** Its file, for `inNetworkNamespace` and `setns`. */
  path: string
  /** Runs a program inside to its end and returns what it printed; throws when it fails. */
  exec: (program: string, ...args: string[]) => string
  /** Starts a program inside; the laboratory kills it at the end if it still runs. */
  spawn: (program: string, args?: readonly string[], options?: SpawnOptions) => ChildProcess
  /** The same, where the program still sees the cgroups and mounts of the host, and the test is to end it. */
  enter: (program: string, args: readonly string[], options: SpawnOptions) => ChildProcess
}

/** One end of a cable between two namespaces. */
export interface CableEnd {
  namespace: TestNamespace
  interfaceName: string
  /** With prefix length, as `2001:db8:1::1/64`. Usable at once: duplicate address detection is off. */
  addresses: readonly string[]
}

let laboratories = 0

/**
 * Network namespaces and veth pairs for one test file, made by iproute2 (root), so that they also judge our own netlink
 * code. Call `close` in `afterAll`; what a crashed test leaves is removed when its process exits.
 */
export class Laboratory {
  readonly #prefix: string
  readonly #namespaces: TestNamespace[] = []
  readonly #children = new Set<ChildProcess>()
  readonly #atExit = () => this.#deleteNamespaces()

  constructor() {
    laboratories += 1
    this.#prefix = `tm${process.pid}-${laboratories}`
    process.once('exit', this.#atExit)
  }

  /** Makes a namespace; its name is unique on the machine. */
  namespace(): TestNamespace {
    const name = `${this.#prefix}-${this.#namespaces.length}`
    ip('netns', 'add', name)
    const inside = (args: readonly string[]) => ['netns', 'exec', name, ...args]
    const made: TestNamespace = {
      name,
      path: `/run/netns/${name}`,
      exec: (program, ...args) => ip(...inside([program, ...args])),
      spawn: (program, args = [], options = {}) => this.#keep(spawn('ip', inside([program, ...args]), options)),
      enter: (program, args, options) => spawn('nsenter', [`--net=${made.path}`, program, ...args], options),
    }
    this.#namespaces.push(made)
    for (const which of ['all', 'default']) made.exec('sysctl', '-qw', `net.ipv6.conf.${which}.accept_dad=0`)
    ip('-n', name, 'link', 'set', 'lo', 'up')
    return made
  }

  /** Joins two namespaces by a veth pair and turns both ends on. */
  connect(left: CableEnd, right: CableEnd): void {
    const end = (side: CableEnd) => [side.interfaceName, 'netns', side.namespace.name]
    ip('link', 'add', ...end(left), 'type', 'veth', 'peer', ...end(right))
    for (const { namespace, interfaceName, addresses } of [left, right]) {
      for (const address of addresses) {
        const nodad = address.includes(':') ? ['nodad'] : []
        ip('-n', namespace.name, 'address', 'add', address, 'dev', interfaceName, ...nodad)
      }
      ip('-n', namespace.name, 'link', 'set', interfaceName, 'up')
    }
  }

  /** Two namespaces joined as `eth0`: 2001:db8:1::1 and 192.0.2.1 on the left, ::2 and .2 on the right. */
  pair(): { left: TestNamespace; right: TestNamespace } {
    const [left, right] = [this.namespace(), this.namespace()]
    const end = (namespace: TestNamespace, host: number) => ({
      namespace,
      interfaceName: 'eth0',
      addresses: [`2001:db8:1::${host}/64`, `192.0.2.${host}/24`],
    })
    this.connect(end(left, 1), end(right, 2))
    return { left, right }
  }

  /** The same pair, with a router on the right, and behind it 2001:db8:2::2 as `eth0` on the router's `eth1`. */
  routed(): { left: TestNamespace; next: TestNamespace; right: TestNamespace } {
    const { left, right: next } = this.pair()
    const right = this.namespace()
    this.connect(
      { namespace: next, interfaceName: 'eth1', addresses: ['2001:db8:2::1/64'] },
      { namespace: right, interfaceName: 'eth0', addresses: ['2001:db8:2::2/64'] },
    )
    next.exec('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1')
    left.exec('ip', '-6', 'route', 'add', '2001:db8:2::/64', 'via', '2001:db8:1::2')
    right.exec('ip', '-6', 'route', 'add', '2001:db8:1::/64', 'via', '2001:db8:2::1')
    return { left, next, right }
  }

  /** Kills what still runs inside, then deletes every namespace. Idempotent. */
  async close(): Promise<void> {
    const running = [...this.#children].filter(child => child.exitCode === null && child.signalCode === null)
    await Promise.all(
      running.map(child => {
        child.kill('SIGKILL')
        return once(child, 'exit')
      }),
    )
    this.#deleteNamespaces()
    process.removeListener('exit', this.#atExit)
  }

  #keep(child: ChildProcess): ChildProcess {
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  #deleteNamespaces(): void {
    for (const { name } of this.#namespaces.splice(0)) ip('netns', 'delete', name)
  }
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
