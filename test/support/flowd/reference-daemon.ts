import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import { FlowdProcess } from './flowd-process.ts'
import { comparable, type Difference, FIREFLY_DIFFERENCES } from './reference-session.ts'

const ROWS = readFileSync('docs/reference/differences.md', 'utf8')
  .split('\n')
  .filter(line => line.startsWith('| flowd-go: '))
  .map(line => line.split(' | ')[0] ?? '')

/** Requires that a row of the differences page has these words of the reference: only then may we differ there. */
export function mayDiffer(words: string): void {
  if (!ROWS.some(row => row.includes(words))) throw new Error(`no row of the differences page says: ${words}`)
}

/** What we say where the reference says a text, by rows of the page. */
export function explained(reference: string, differences: readonly Difference[]): string {
  return differences.reduce((text, { row, apply }) => {
    const ours = apply(text)
    if (ours !== text) mayDiffer(row)
    return ours
  }, reference)
}

/** What follows of one thing that happens. */
export interface Consequence {
  reference: string[]
  /** What we say, where a row of the page names the reason for something else. */
  ours?: [row: string, fireflies: string[]]
}

const PATIENCE = { timeout: 60_000 }

/**
 * flowd under `compatibility: flowd-go`, whose words are compared with those that the reference is documented to say.
 */
export class ReferenceDaemon implements AsyncDisposable {
  readonly flowd: FlowdProcess
  /** Where its API answers. */
  readonly api: string
  /** The datagrams that came to the collector. */
  readonly collected: string[]
  readonly #destined: string[]
  readonly #sockets: readonly [Socket, Socket]
  readonly #receiverPort: number

  private constructor(flowd: FlowdProcess, collected: string[], destined: string[], sockets: [Socket, Socket]) {
    this.flowd = flowd
    this.collected = collected
    this.#destined = destined
    this.#sockets = sockets
    this.api = /address="?(http:[^\s"]+)/.exec(flowd.stderr)?.[1] ?? ''
    this.#receiverPort = Number(/ port=(\d+)/.exec(flowd.stderr)?.[1])
    expect([this.api, this.#receiverPort]).toEqual([expect.stringContaining('http'), expect.any(Number)])
  }

  static async start(): Promise<ReferenceDaemon> {
    const [collected, destined]: [string[], string[]] = [[], []]
    const [collector, destination] = [await listen(collected), await listen(destined)]
    const flowd = await new FlowdProcess({
      configurationIn: folder => ({
        compatibility: 'flowd-go',
        plugins: { api: { bindPort: 0 }, firefly: { bindPort: 0 }, namedPipe: { pipePath: join(folder, 'np') } },
        backends: {
          firefly: {
            destinationPort: destination.address().port,
            sendToCollector: true,
            collectorPort: collector.address().port,
          },
        },
      }),
      // A zone one hour east of UTC, all year.
      environment: { TZ: 'Etc/GMT-1' },
    }).ready()
    return new ReferenceDaemon(flowd, collected, destined, [collector, destination])
  }

  /** Sends a datagram to its plugin `firefly`. */
  sendFirefly(datagram: string): void {
    this.#sockets[0].send(datagram, this.#receiverPort, '::ffff:127.0.0.1')
  }

  /** Requires that the next fireflies are the ones of the reference but for known differences. */
  async expectFireflies({ reference, ours }: Consequence): Promise<void> {
    if (ours !== undefined) mayDiffer(ours[0])
    const expected = (ours?.[1] ?? reference).map(text => explained(text, FIREFLY_DIFFERENCES))
    // Where nothing is to come, what comes late fails the next comparison.
    if (expected.length === 0) await sleep(100)
    await nextOf(this.collected, expected)
    const local = expected.filter(text => /"dst-ip":"(::1|127\.0\.0\.1)"/.test(text))
    await nextOf(this.#destined, local)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flowd[Symbol.asyncDispose]()
    for (const socket of this.#sockets) socket.close()
  }
}

async function listen(heard: string[]): Promise<Socket> {
  const socket = createSocket('udp6').on('message', bytes => heard.push(bytes.toString()))
  socket.bind(0)
  await once(socket, 'listening')
  return socket
}

/** Waits for so many texts, takes all that there are, and compares. */
async function nextOf(heard: string[], expected: readonly string[]): Promise<void> {
  await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(expected.length), PATIENCE)
  expect(heard.splice(0).map(comparable)).toEqual(expected)
}
