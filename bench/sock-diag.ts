import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { netlink } from '../src/flowd/enrichers/netlink/index.ts'
import { Pacer } from '../src/flowd/enrichers/netlink/pacer.ts'
import { type SampleReport, usageOf } from '../src/flowd/sample.ts'
import { NETLINK, prepareLookup, SocketLookups } from '../src/linux/index.ts'
import { libc } from '../src/linux/libc.ts'
import { DatagramBatch } from '../src/linux/netlink/datagram-batch.ts'
import { openNetlink } from '../src/linux/netlink/open.ts'
import { setReceiveBuffer } from '../src/linux/receive-buffer.ts'
import { SOCK_DIAG_BY_FAMILY } from '../src/linux/sock-diag/request.ts'
import { flowOf, startEvent, tuple } from '../test/support/flowd/flows.ts'
import { enterLoopback } from '../test/support/flowd/loopback.ts'
import { unitContext } from '../test/support/flowd/unit-context.ts'

// Claim: on a host with 50,000 sockets, reading 10,000 tracked flows each second costs at most 1.5 times the CPU of a
// reader that sends the same requests at the same pace and throws the replies away. The enricher keeps each reply, sees
// whether it is of the same socket, and reads of it what the flow table reads of each: the totals. The rest is decoded
// for those who ask. Both run in turns, in this process; the median of the turns' ratios is judged.
const LIMIT = 1.5
const TURNS = 5
const TURN_MS = 4000
const TRACKED = 10_000
/** A process may hold 20,000 descriptors at most here and there. */
const PROCESSES = 5
const CONNECTIONS_EACH = 5000
const PERIOD_MS = 1000

enterLoopback()
const children: ChildProcess[] = []
const pairs: (readonly [number, number])[] = []
for (let index = 0; index < PROCESSES; index += 1) {
  const words = ['test/support/many-connections-child.ts', String(CONNECTIONS_EACH)]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'ready') break
    const [source = 0, destination = 0] = line.split(' ').map(Number)
    pairs.push([source, destination])
  }
}
const flows = pairs.slice(0, TRACKED).map(([source, destination]) => {
  const ends = tuple(source, '::1', '::1')
  return flowOf(startEvent(1, { flow: { ...ends, destination: { address: '::1', port: destination } } }))
})
if (flows.length !== TRACKED) throw new Error(`${flows.length} flows`)

/** Whole datagrams of requests, as the enricher sends them. */
const requests = Array.from({ length: Math.ceil(TRACKED / SocketLookups.CAPACITY) }, (_, batch) => {
  const start = batch * SocketLookups.CAPACITY
  return Buffer.concat(
    flows.slice(start, start + SocketLookups.CAPACITY).map(flow => {
      const header = Buffer.alloc(16)
      const { payload } = prepareLookup(flow.tuple, 255)
      header.writeUInt32LE(header.length + payload.length, 0)
      header.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4)
      header.writeUInt16LE(1, 6)
      return Buffer.concat([header, payload])
    }),
  )
})

interface Reader {
  /** How many replies it has read. */
  readonly items: number
  stop(): Promise<void>
}

interface Turn {
  cpuMs: number
  items: number
}

/** What is read in a turn, without what comes before the first round's end. */
async function measured(reader: Reader): Promise<Turn> {
  await delay(PERIOD_MS)
  const [before, read] = [process.cpuUsage(), reader.items]
  await delay(TURN_MS)
  const { user, system } = process.cpuUsage(before)
  const items = reader.items - read
  await reader.stop()
  return { cpuMs: (user + system) / 1000, items }
}

/** Sends and receives at the enricher's pace. */
async function bareReader(): Promise<Reader> {
  const fd = openNetlink(NETLINK.SOCK_DIAG)
  setReceiveBuffer(fd, 1 << 20)
  const batch = new DatagramBatch(SocketLookups.CAPACITY, 2048)
  let items = 0
  const begin = () => {
    let next = 0
    const step = () => {
      const request = requests[next]
      if (request === undefined) return false
      next += 1
      libc().send(fd, request, request.length, 0)
      for (let left = request.length / 72; left > 0; ) {
        const count = batch.receive(fd)
        if (count < 0) throw new Error('a reply is missing')
        left -= count
        items += count
      }
      return true
    }
    return { steps: requests.length, step }
  }
  const pacer = new Pacer(PERIOD_MS, begin, error => {
    throw error
  })
  pacer.start()
  return {
    get items() {
      return items
    },
    stop: async () => {
      pacer.stop()
      libc().close(fd)
    },
  }
}

async function enricher(): Promise<Reader> {
  const reader = netlink.create({ protocol: 6, ext: 255, state: 3071, periodMs: PERIOD_MS }, unitContext())
  let items = 0
  await reader.start(({ sample }: SampleReport) => {
    if (sample !== undefined && (usageOf(sample.tcpInfo)?.sentBytes ?? 0) >= 1000) items += 1
  })
  for (const flow of flows) reader.handle({ kind: 'start', flow })
  return {
    get items() {
      return items
    },
    stop: () => reader.stop(),
  }
}

await measured(await enricher())
const ratios: number[] = []
for (let turn = 1; turn <= TURNS; turn += 1) {
  const bare = await measured(await bareReader())
  const ours = await measured(await enricher())
  const each = ({ cpuMs, items }: Turn) => (cpuMs * 1000) / items
  ratios.push(each(ours) / each(bare))
  const figures = (name: string, one: Turn) => `${name} ${each(one).toFixed(2)} µs (${one.items} replies)`
  console.log(`turn ${turn}: ${figures('receiving only', bare)}, ${figures('enricher', ours)} each`)
}
for (const child of children) child.kill('SIGKILL')
ratios.sort((one, other) => one - other)
const ratio = ratios[TURNS >> 1] ?? Number.NaN
const sockets = pairs.length * 2
console.log(`${sockets} sockets, ${TRACKED} flows a second: ratio ${ratio.toFixed(2)} of at most ${LIMIT}`)
process.exit(ratio <= LIMIT ? 0 : 1)
