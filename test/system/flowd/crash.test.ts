import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeFlowLabel } from '../../../src/scitags/index.ts'
import { FireflyReceiver } from '../../support/flowd/firefly-receiver.ts'
import { FlowdProcess, runTidemark } from '../../support/flowd/flowd-process.ts'
import { LabelWatch, type SeenPacket } from '../../support/flowd/label-watch.ts'
import { listenForStreams, startStream, type TcpStream } from '../../support/flowd/stream.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'

const laboratory = new Laboratory()
const PEER = '2001:db8:1::2'
const PORT = 5001

/** Packets that were on their way when a process died may still be seen for so long, on a machine that is busy. */
const IN_FLIGHT_MS = 500

let left: TestNamespace
let right: TestNamespace
let receiver: FireflyReceiver

beforeAll(async () => {
  ;({ left, right } = laboratory.pair())
  await listenForStreams(right, PORT)
  receiver = await new FireflyReceiver(right).ready()
})
afterAll(() => laboratory.close())

/** flowd on the left host, marking what leaves by eth0. */
function flowdOnTheLeft(marker: object, folder?: string): FlowdProcess {
  return new FlowdProcess({
    configuration: { backends: { marker: { targetInterfaces: ['eth0'], ...marker }, firefly: {} } },
    spawn: left.spawn,
    ...(folder === undefined ? {} : { folder }),
  })
}

function startLine({ sourcePort }: TcpStream): string {
  return `start tcp 2001:db8:1::1 ${sourcePort} ${PEER} ${PORT} 3 14`
}

/** Packets of a stream that were seen at or after a time, once there are some. */
async function somePackets(watch: LabelWatch, sinceMs: number, { sourcePort }: TcpStream): Promise<SeenPacket[]> {
  await expect.poll(() => watch.since(sinceMs, sourcePort).length).toBeGreaterThan(10)
  return watch.since(sinceMs, sourcePort)
}

/** Whether a label carries experiment 3 and activity 14. */
function isOurs(label: number): boolean {
  const { experiment, activity } = decodeFlowLabel(label)
  return experiment === 3 && activity === 14
}

describe('a transfer whose flowd changes, restarts or crashes', () => {
  it('is marked no more at once; the next start marks the living with the same label and announces the end of the dead', async () => {
    using watch = new LabelWatch(right, 'eth0')
    const living = await startStream(left, PEER, PORT)
    const dying = await startStream(left, PEER, PORT)
    await using first = await flowdOnTheLeft({}).ready()
    await first.control.send([startLine(living), startLine(dying)])
    const { flowLabel } = await watch.next(
      packet => packet.sourcePort === living.sourcePort && isOurs(packet.flowLabel),
    )
    await watch.next(packet => packet.sourcePort === dying.sourcePort && isOurs(packet.flowLabel))
    // A mark is quicker than the news of it: both are announced and written down before the crash.
    for (const { sourcePort } of [living, dying]) {
      await receiver.one('start', sourcePort)
      const journal = () => readFileSync(join(first.folder, 'work', 'journal'), 'utf8')
      await expect.poll(journal, { timeout: 60_000 }).toMatch(new RegExp(`\\b${sourcePort}\\b`))
    }

    await first.stop('SIGKILL')
    const deadMs = performance.now()
    dying.sender.kill('SIGKILL')
    await once(dying.sender, 'exit')
    const unmarked = await somePackets(watch, deadMs + IN_FLIGHT_MS, living)
    expect(unmarked.filter(packet => packet.flowLabel === flowLabel)).toEqual([])

    await using second = flowdOnTheLeft({}, first.folder)
    const marked = await watch.next(packet => packet.sourcePort === living.sourcePort && isOurs(packet.flowLabel))
    expect(marked.flowLabel).toBe(flowLabel)
    expect(await receiver.one('end', dying.sourcePort)).toMatchObject({ context: { 'experiment-id': 3 } })
    expect((await second.control.flows()).map(flow => flow.source)).toEqual([`[2001:db8:1::1]:${living.sourcePort}`])

    expect(await second.stop()).toBe(0)
    await receiver.one('end', living.sourcePort)
    const states = receiver.fireflies
      .filter(firefly => firefly['flow-id']['src-port'] === living.sourcePort)
      .map(firefly => firefly['flow-lifecycle'].state)
    expect(states).toEqual(['start', 'end'])
    expect(left.exec('bpftool', 'net', 'list', 'dev', 'eth0')).not.toContain('tidemark')
  })

  it('is marked until a stop, and again with the same label from the next start on', async () => {
    using watch = new LabelWatch(right, 'eth0')
    const stream = await startStream(left, PEER, PORT)
    const isMarked = (packet: SeenPacket) => packet.sourcePort === stream.sourcePort && isOurs(packet.flowLabel)
    await using first = await flowdOnTheLeft({}).ready()
    await first.control.send([startLine(stream)])
    const { flowLabel } = await watch.next(isMarked)
    expect(await first.stop()).toBe(0)
    const stoppedMs = performance.now()
    const unmarked = await somePackets(watch, stoppedMs + IN_FLIGHT_MS, stream)
    expect(unmarked.filter(isMarked)).toEqual([])

    await using second = flowdOnTheLeft({}, first.folder)
    expect((await watch.next(isMarked)).flowLabel).toBe(flowLabel)
    await second.ready()
    expect(await second.stop()).toBe(0)
    stream.sender.kill('SIGKILL')
  })

  it('keeps its mark: a reload leaves marks alone, and brings them back when the marker itself changes', async () => {
    using watch = new LabelWatch(right, 'eth0')
    const stream = await startStream(left, PEER, PORT)
    const fromStream = (packet: { sourcePort: number }) => packet.sourcePort === stream.sourcePort
    await using flowd = await flowdOnTheLeft({}).ready()
    await flowd.control.send([startLine(stream)])
    const { flowLabel, seenMs } = await watch.next(packet => fromStream(packet) && isOurs(packet.flowLabel))

    const marker = { targetInterfaces: ['eth0'] }
    flowd.configure({ backends: { marker, firefly: { prependSyslog: false } } })
    expect((await flowd.control.reload()).changes).toEqual(['backend firefly restarted'])
    await somePackets(watch, performance.now(), stream)
    expect(watch.since(seenMs, stream.sourcePort).every(packet => packet.flowLabel === flowLabel)).toBe(true)

    flowd.configure({ backends: { marker: { ...marker, maxFlows: 5000 }, firefly: { prependSyslog: false } } })
    expect((await flowd.control.reload()).changes).toEqual(['backend marker restarted'])
    expect((await watch.next(packet => fromStream(packet) && isOurs(packet.flowLabel))).flowLabel).toBe(flowLabel)
  })

  it("is healed by 'marker clean' where the hook is a clsact filter, which outlives the process", async () => {
    using watch = new LabelWatch(right, 'eth0')
    const stream = await startStream(left, PEER, PORT)
    await using flowd = await flowdOnTheLeft({ attach: 'clsact' }).ready()
    await flowd.control.send([startLine(stream)])
    const fromStream = (packet: { sourcePort: number }) => packet.sourcePort === stream.sourcePort
    await watch.next(packet => fromStream(packet) && isOurs(packet.flowLabel))
    await flowd.stop('SIGKILL')
    await delay(IN_FLIGHT_MS)
    expect(isOurs((await watch.next(fromStream)).flowLabel)).toBe(true)

    const clean = await runTidemark(['flowd', 'marker', 'clean', '--target-interface', 'eth0'], {
      spawn: left.spawn,
    })
    expect(clean).toMatchObject({ code: 0 })
    const cleanedMs = performance.now()
    const after = await somePackets(watch, cleanedMs + IN_FLIGHT_MS, stream)
    expect(after.filter(packet => isOurs(packet.flowLabel))).toEqual([])
    expect(left.exec('tc', 'qdisc', 'show', 'dev', 'eth0')).not.toContain('clsact')
  })
})
