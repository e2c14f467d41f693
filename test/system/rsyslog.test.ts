import { execFileSync } from 'node:child_process'
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENRICHMENT_MODES } from '../../src/flowd/backends/firefly/enrichment/index.ts'
import { firefly } from '../../src/flowd/backends/firefly/index.ts'
import type { FireflyOptions } from '../../src/flowd/backends/firefly/options.ts'
import type { Flow, FlowChange } from '../../src/flowd/flow.ts'
import { parseFirefly, parseTimestamp } from '../../src/scitags/index.ts'
import { conformsToFireflySchema } from '../support/firefly-schema.ts'
import { fireflyOptions } from '../support/flowd/firefly-options.ts'
import { flowOf, startEvent } from '../support/flowd/flows.ts'
import { sampleOf, socketOf } from '../support/flowd/samples.ts'
import { unitContext } from '../support/flowd/unit-context.ts'
import { Rsyslog, type SyslogMessage } from '../support/peers/rsyslog.ts'
import { SOCKET_REPLY } from '../support/properties/socket-reply.ts'

let rsyslog: Rsyslog
beforeAll(async () => {
  rsyslog = await Rsyslog.start()
})
afterAll(() => rsyslog[Symbol.asyncDispose]())

const usage = { receivedBytes: 5, sentBytes: 2 ** 40 }
// Whatever a program calls itself arrives as it was.
const application = 'caf\u00e9 <a> & "b" \\ %s'
const flow: Flow = { ...flowOf(startEvent(1, { application })), usage, endTimeUs: 1.7e15 }

const socket = socketOf(SOCKET_REPLY)
const sample = sampleOf(socket?.tcpInfo, { socket, congestion: socket?.congestion })
const CHANGES: readonly FlowChange[] = [
  { kind: 'start', flow },
  { kind: 'sample', flow, sample },
  { kind: 'sample', flow, sample: { ...sample, source: 'skops' } },
  { kind: 'ongoing', flow, event: startEvent(1, { state: 'ongoing', blocks: { 'storage-stats': { 'read-bw': 1 } } }) },
  { kind: 'end', flow, reason: 'event' },
]

/** What rsyslog understood of the fireflies of these changes. */
async function understood(change: Partial<FireflyOptions>): Promise<SyslogMessage[]> {
  const before = rsyslog.messages('firefly-json').length
  const options = fireflyOptions({ sendToDestination: false, enrich: true, ...change })
  const collectors = [{ address: '127.0.0.1', port: rsyslog.port }]
  const backend = firefly.create({ ...options, collectors }, unitContext())
  await backend.start()
  for (const one of CHANGES) await backend.handle(one)
  await backend.stop()
  const now = () => rsyslog.messages('firefly-json').slice(before)
  await expect.poll(() => now().length).toBe(CHANGES.length)
  return now()
}

describe('rsyslog', () => {
  it.each(ENRICHMENT_MODES)('reads every firefly in the mode %s, header and JSON', async enrichmentMode => {
    const messages = await understood({ enrichmentMode })
    for (const message of messages) {
      expect(message).toMatchObject({
        facility: 'local0',
        severity: 'info',
        host: hostname(),
        program: 'tidemark-1.2.3',
        process: '-',
        id: 'firefly-json',
        data: '-',
      })
      const read = parseFirefly(message.text)
      expect(read).toMatchObject({ ok: true, value: { flow: flow.tuple, application } })
      expect(read.ok && read.value.currentTimeUs).toBe(parseTimestamp(message.time))
      expect(conformsToFireflySchema(JSON.parse(message.text))).toBe(true)
    }
    const told = messages.map(({ text }) => JSON.parse(text) as Record<string, unknown>)
    expect(told.map(one => one['flow-lifecycle'])).toMatchObject([
      { state: 'start' },
      { state: 'ongoing' },
      { state: 'ongoing' },
      { state: 'ongoing' },
      { state: 'end', 'end-time': '2023-11-14T22:13:20+00:00' },
    ])
    expect(told.map(one => one['usage'])).toEqual(messages.map(() => wire(usage)))
    const [, netlink, skOps, event] = told
    expect(netlink?.['netlink']).toBeTypeOf('object')
    expect(skOps?.['skOps']).toBeTypeOf('object')
    expect(event?.['storage-stats']).toEqual({ 'read-bw': 1 })
  })
})

describe('the how-to', () => {
  it('shows a configuration that rsyslog accepts', () => {
    const page = readFileSync('docs/how-to/send-fireflies.md', 'utf8')
    const configuration = /```rsyslog\n(.*?)```/s.exec(page)?.[1] ?? ''
    expect(configuration).toContain('imudp')
    using folder = mkdtempDisposableSync(join(tmpdir(), 'tidemark-how-to-'))
    writeFileSync(join(folder.path, 'rsyslog.conf'), configuration)
    execFileSync('rsyslogd', ['-N1', '-f', join(folder.path, 'rsyslog.conf')], { stdio: 'pipe' })
  })
})

function wire({ receivedBytes, sentBytes }: typeof usage) {
  return { received: receivedBytes, sent: sentBytes }
}
