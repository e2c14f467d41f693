import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { INSERTED_BYTES } from '../../../src/flowd/backends/marker/strategy.ts'
import { tupleOf } from '../../support/five-tuple.ts'
import { NEXT_HEADER } from '../../support/frames.ts'
import { MarkerInNamespace, pairIsUp } from '../../support/marker-in-namespace.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'
import { INSERTING, type InsertingStrategy, insertedHeaders } from '../../support/tagged-frame.ts'
import { complaints } from '../../support/transfer-laboratory.ts'
import { WireCapture } from '../../support/wire-capture.ts'

/** Datagrams over a path that is narrower than the sender's interface, and that grows again. */
const LABEL = 0x30038
const PATH_MTU = 1400
const HEADER_BYTES = 40 + 8
const ENDS = { source: '2001:db8:1::1', destination: '2001:db8:2::2', sourcePort: 4001, destinationPort: 5001 }
const PATIENCE = { timeout: 30_000, interval: 100 }

const laboratory = new Laboratory()
let left: TestNamespace
let router: TestNamespace
let right: TestNamespace
beforeAll(async () => {
  ;({ left, next: router, right } = laboratory.routed())
  await pairIsUp(left, router, right)
})
afterAll(() => laboratory.close())
beforeEach(() => {
  router.exec('ip', 'link', 'set', 'eth1', 'mtu', String(PATH_MTU))
  left.exec('ip', '-6', 'route', 'flush', 'cache')
  left.exec('sysctl', '-qw', 'net.ipv6.route.mtu_expires=600')
})

const SEND = `
import socket, sys
end = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
end.bind(('2001:db8:1::1', 4001))
for bytes_ in sys.argv[1:]: end.sendto(bytes(int(bytes_)), ('2001:db8:2::2', 5001))`

/** Sends datagrams whose packets are so long without a tag. */
function send(...lengths: readonly number[]): void {
  left.exec('python3', '-c', SEND, ...lengths.map(bytes => String(bytes - HEADER_BYTES)))
}

async function startMarker(markingStrategy: InsertingStrategy, attach: 'auto' | 'clsact' = 'auto') {
  const marker = await MarkerInNamespace.start(left, { markingStrategy, attach })
  for (const protocol of ['tcp', 'udp'] as const) marker.mark(tupleOf({ ...ENDS, protocol }), LABEL)
  return marker
}

/** What becomes of a datagram that fits the path only without a tag. */
function outcome(marker: MarkerInNamespace): string {
  const before = marker.marker.packets
  send(PATH_MTU)
  const after = marker.marker.packets
  return (['marked', 'path_mtu'] as const).filter(name => after[name] > before[name]).join()
}

/** Waits until a router has told that tagged datagrams are too long. */
async function learned(marker: MarkerInNamespace): Promise<void> {
  await expect.poll(() => outcome(marker), PATIENCE).toBe('path_mtu')
}

describe.each(INSERTING)('%s', strategy => {
  it('all datagrams arrive after the first, and those with room are tagged', async () => {
    const lengths = Array.from({ length: 201 }, (_, index) => PATH_MTU - index)
    const limit = PATH_MTU - INSERTED_BYTES[strategy]
    const marker = await startMarker(strategy)
    expect(outcome(marker)).toBe('marked')
    await learned(marker)

    using wire = await WireCapture.start(right, { filter: 'src host 2001:db8:1::1 and not icmp6' })
    const before = marker.marker.packets
    send(...lengths)
    await wire.stopAt(lengths.length)
    const after = marker.marker.packets
    await marker.stop()
    expect(complaints(wire.file, { checksums: false })).toBe('')
    const inserted = insertedHeaders(strategy, NEXT_HEADER.udp)
    const arrived = wire.frames().map(frame => ({
      bytes: frame.length - 14,
      tagged: frame.subarray(54, 54 + inserted.length).equals(inserted),
    }))
    expect(arrived).toEqual(
      lengths.map(bytes =>
        bytes > limit ? { bytes, tagged: false } : { bytes: bytes + inserted.length, tagged: true },
      ),
    )
    expect(after.marked - before.marked).toBe(lengths.filter(bytes => bytes <= limit).length)
    expect(after.path_mtu - before.path_mtu).toBe(lengths.filter(bytes => bytes > limit).length)
  })
})

it('what the kernel had learned before is known from the first packet on', async () => {
  const learnedPaths = () => {
    send(1500)
    return left.exec('ip', '-6', 'route', 'show', 'cache')
  }
  await expect.poll(learnedPaths, PATIENCE).toContain(`mtu ${PATH_MTU}`)
  const marker = await startMarker('hopByHop')
  expect(outcome(marker)).toBe('path_mtu')
  await marker.stop()
})

it('a path MTU is learned with clsact, too', async () => {
  const marker = await startMarker('hopByHop', 'clsact')
  expect(outcome(marker)).toBe('marked')
  await learned(marker)
  await marker.stop()
})

describe('a path that grows', () => {
  it('is tried again when the kernel would', async () => {
    // What was learned must live for longer than a busy machine takes to send once more.
    left.exec('sysctl', '-qw', 'net.ipv6.route.mtu_expires=10')
    const marker = await startMarker('hopByHop')
    await learned(marker)
    await expect.poll(() => outcome(marker), PATIENCE).toBe('marked')
    await marker.stop()
  })

  it('is noticed at once by what TCP sends after somebody flushed what was learned', async () => {
    const marker = await startMarker('hopByHop')
    await learned(marker)
    const transfer = await openTransfer()
    router.exec('ip', 'link', 'set', 'eth1', 'mtu', '1500')
    expect(outcome(marker)).toBe('path_mtu')
    left.exec('ip', '-6', 'route', 'flush', 'cache')
    expect(outcome(marker)).toBe('path_mtu')
    const next = () => {
      transfer.stdin?.write('\n')
      return outcome(marker)
    }
    await expect.poll(next, PATIENCE).toBe('marked')
    await marker.stop()
  })
})

const RECEIVE = `
import socket
end = socket.create_server(('2001:db8:2::2', 5001), family=socket.AF_INET6)
print('listening', flush=True)
peer = end.accept()[0]
while peer.recv(65536): pass`

const TRANSFER = `
import socket, sys
end = socket.create_connection(('2001:db8:2::2', 5001), source_address=('2001:db8:1::1', 4001))
print('connected', flush=True)
for line in sys.stdin: end.sendall(bytes(20000))`

/** A TCP connection of the declared flow, which sends 20 kB for each line. */
async function openTransfer() {
  const receiver = right.spawn('python3', ['-c', RECEIVE], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(receiver.stdout!, 'data')
  const sender = left.spawn('python3', ['-c', TRANSFER], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(sender.stdout!, 'data')
  return sender
}
