import rhea, { type EventContext, type Message } from 'rhea'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeFlush } from '../../vanflow/index.ts'
import { encodeCapturedMessage, readCapture } from './capture.ts'
import { CaptureReplay } from './capture-replay.ts'

const FILE = 'test/fixtures/captures/van-3.5.1.jsonl'

describe('the recorded network', () => {
  const { messages, startUs } = readCapture(FILE)

  it('is encoded again to messages of their recorded length, which decode without a problem', () => {
    expect(messages).toHaveLength(282)
    // Paths of source files in one log message were shortened after it was recorded, by 21 characters each.
    const shortened = messages.filter(({ link, t }) => link.endsWith('.logs') && t === 62.219)
    for (const message of messages) {
      const bytes = encodeCapturedMessage(message)
      expect(bytes.length).toBe(message.bytes - (shortened.includes(message) ? 3 * 21 : 0))
      const decoded = decodeMessage(bytes)
      expect(['beacon', 'heartbeat', 'records']).toContain(decoded.kind)
      expect(decoded).not.toHaveProperty('problems')
    }
  })

  it('holds what the traffic beside it says was sent', () => {
    const records = messages.flatMap(message => {
      const decoded = decodeMessage(encodeCapturedMessage(message))
      return decoded.kind === 'records' ? decoded.records : []
    })
    const flows = new Map<string, number>()
    for (const { type, identity, codes, values } of records) {
      if (type !== 16) continue
      const octets = Number(codes.includes(23) ? values[codes.indexOf(23)] : 0)
      flows.set(identity, Math.max(flows.get(identity) ?? 0, octets))
    }
    expect(flows.size).toBe(43)
    expect(Math.max(...flows.values())).toBe(11_606_000)
    expect(new Set(records.filter(({ type }) => type === 17).map(({ identity }) => identity)).size).toBe(55)
  })

  it('may be told as if it was now', () => {
    const moved = messages.map(message => decodeMessage(encodeCapturedMessage(message, us => us - startUs)))
    const beats = moved.filter(message => message.kind === 'heartbeat').map(({ nowUs }) => nowUs!)
    expect(Math.min(...beats)).toBeGreaterThan(7_000_000)
    expect(Math.max(...beats)).toBeLessThan(123_000_000)
  })

  it('plays over a real connection, each address in order, to a client that attaches late', async () => {
    const replay = new CaptureReplay(FILE, { listen: { port: 0 }, speed: 200 })
    await replay.start()
    const heard = await listen(replay, messages.length)
    await replay.stop()
    const expected = Map.groupBy(messages, ({ link }) => link)
    expect(new Set(heard.keys())).toEqual(new Set(expected.keys()))
    for (const [link, recorded] of expected) {
      const ids = heard.get(link)!.map(({ message_id }) => message_id)
      expect(ids.filter(id => id !== undefined)).toEqual(
        recorded.map(message => decodeMessage(encodeCapturedMessage(message)).messageId),
      )
    }
    const asked = [...heard.values()].flat().filter(message => message.message_id === undefined)
    expect(asked.length).toBeGreaterThan(0)
    expect(new Set(asked.map(({ subject }) => subject))).toEqual(new Set(['RECORD']))
  })
})

/** Attaches to all that beacons name, asks one source to tell all, and gathers what comes by link. */
async function listen(replay: CaptureReplay, recorded: number): Promise<Map<string, Message[]>> {
  const heard = new Map<string, Message[]>()
  const container = rhea.create_container()
  const connection = container.connect({ host: replay.host, port: replay.port, reconnect: false })
  const sender = connection.open_sender({ target: {} })
  const attached = new Set<string>()
  connection.open_receiver('mc/sfe.all')
  container.on('disconnected', () => undefined)
  container.on('message', ({ message, receiver }: EventContext) => {
    const link = String(receiver?.source.address)
    heard.set(link, [...(heard.get(link) ?? []), message!])
    const { subject, message_id, to, application_properties } = message!
    if (subject === 'RECORD' && message_id === 40) sender.send(encodeFlush(to!.slice(3)), undefined, 0)
    const address = String(application_properties?.['address'])
    if (subject !== 'BEACON' || attached.has(address)) return
    attached.add(address)
    for (const suffix of ['', '.flows', '.logs', '.heartbeats']) connection.open_receiver(`${address}${suffix}`)
  })
  await replay.finished
  const numbered = () => [...heard.values()].flat().filter(({ message_id }) => message_id !== undefined)
  await expect.poll(numbered).toHaveLength(recorded)
  connection.close()
  return heard
}
