import { execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { SimulatedVan } from '../../src/simulate/index.ts'
import { Random } from '../../src/simulate/random.ts'
import {
  ATTRIBUTES,
  decodeMessage,
  encodeBeacon,
  encodeHeartbeat,
  encodeRecords,
  RECORD_TYPE,
  type RecordToSend,
} from '../../src/vanflow/index.ts'

/** Debian's Python, which has python3-qpid-proton; another one may stand before it in PATH. */
const PYTHON = '/usr/bin/python3'
const PEER = 'test/support/peers/proton-peer.py'
const MESSAGES = 500

/** A message as the peer tells it: each value with its AMQP type, numbers as text. */
interface PeerMessage {
  subject: string
  to: string
  id: string | null
  properties: Record<string, [type: string, value: string]>
  records: [code: number, type: string, value: string][][] | null
}

function ask(mode: 'encode' | 'decode', lines: readonly string[]): string[] {
  const output = execFileSync(PYTHON, [PEER, mode], { input: lines.join('\n'), maxBuffer: 1 << 28 })
  return output.toString().trimEnd().split('\n')
}

/** Records with random attributes of the kinds that the table gives them. */
function randomRecords(random: Random): RecordToSend[] {
  return Array.from({ length: random.integer(50) }, (_, index) => {
    const attributes = ATTRIBUTES.filter(({ code }) => code > 1 && (code < 52 || code > 54) && random.chance(0.1))
    return {
      type: 1 + random.integer(17),
      identity: `${random.text(5, 'abc123+_')}:${index}`,
      codes: attributes.map(({ code }) => code),
      values: attributes.map(({ kind }) => {
        if (kind === 'time') return 1 + random.integer(2 ** 52)
        if (kind === 'counter' || kind === 'gauge')
          return random.pick([0, 7, 255, 256, 2 ** 32, 2 ** 53 - 1, 2n ** 63n])
        return random.pick(['', 'tcp', '10.0.0.6', 'Zürich', 'x'.repeat(300)])
      }),
    }
  })
}

describe('the VAN-Flow codec and Qpid Proton', () => {
  const random = new Random(11)
  const sent = Array.from({ length: MESSAGES }, (_, messageId) => ({
    messageId,
    to: 'mc/sfe.x:0',
    records: randomRecords(random),
  }))

  it('Proton reads what we write', () => {
    const heard = ask(
      'decode',
      sent.map(message => encodeRecords(message).toString('base64')),
    ).map(line => JSON.parse(line) as PeerMessage)
    for (const [index, { records, ...message }] of heard.entries()) {
      // Routers write the id as a long; the standard knows ulongs only, and Proton passes over it.
      expect(message).toEqual({ subject: 'RECORD', to: 'mc/sfe.x:0', id: null, properties: {} })
      expect(records).toEqual(
        sent[index]!.records.map(({ type, identity, codes, values }) => [
          [0, 'uint', String(type)],
          [1, 'str', identity],
          ...codes.map((code, at) => [code, typeof values[at] === 'string' ? 'str' : 'ulong', String(values[at])]),
        ]),
      )
    }
  })

  it('Proton reads our beacons and heartbeats, of routers and of controllers', () => {
    const beacon = { sourceType: 'ROUTER', id: 'x:0', address: 'mc/sfe.x:0', direct: 'sfe.x:0' }
    const heartbeat = { to: 'mc/sfe.x:0', id: 'x:0', nowUs: 1_700_000_000_000_000 }
    const dialects = ['router', 'controller-v1', 'controller-v2'] as const
    const heard = ask('decode', [
      ...dialects.map(dialect => encodeBeacon(beacon, dialect).toString('base64')),
      ...dialects.map(dialect => encodeHeartbeat(heartbeat, dialect).toString('base64')),
    ]).map(line => JSON.parse(line) as PeerMessage)
    for (const message of heard.slice(0, 3)) {
      expect(message.subject).toBe('BEACON')
      expect(message.properties).toMatchObject({ v: ['uint', '1'], id: ['str', 'x:0'], direct: ['str', 'sfe.x:0'] })
    }
    for (const message of heard.slice(3)) {
      expect(message.subject).toBe('HEARTBEAT')
      expect(message.properties).toMatchObject({ now: ['ulong', '1700000000000000'], id: ['str', 'x:0'] })
    }
  })

  it('we read what Proton writes', () => {
    const lines = sent.map(({ messageId, to, records }) =>
      JSON.stringify({
        subject: 'RECORD',
        to,
        id: messageId,
        records: records.map(({ type, identity, codes, values }) => [
          [0, 'uint', type],
          [1, 'string', identity],
          ...codes.map((code, at) => {
            const value = values[at]
            return [code, typeof value === 'string' ? 'string' : 'ulong', String(value)]
          }),
        ]),
      }),
    )
    for (const [index, line] of ask('encode', lines).entries()) {
      expect(decodeMessage(Buffer.from(line, 'base64'))).toEqual({ kind: 'records', ...sent[index]! })
    }
  })

  it('we keep out what Proton writes in other types', () => {
    const record = [
      [0, 'uint', 5],
      [1, 'symbol', 'x:1'],
      [30, 'symbol', 'name'],
      [40, 'int', 7],
      [23, 'long', -1],
      [58, 'double', 1.5],
      [16, 'boolean', true],
      [15, 'null', null],
      [19, 'list', [1, 2]],
    ]
    const [line] = ask('encode', [JSON.stringify({ subject: 'RECORD', to: 'x', records: [record] })])
    expect(decodeMessage(Buffer.from(line!, 'base64'))).toMatchObject({
      records: [{ type: 5, identity: 'x:1', codes: [30, 40], values: ['name', 7] }],
      problems: { 'wrong-type': 5 },
    })
  })

  it('a Proton collector hears the whole truth of a simulated network', async () => {
    const van = new SimulatedVan({ listen: { port: 0 }, speed: 10, rate: 5 })
    await van.start()
    const peer = spawn(PYTHON, [PEER, 'collect', String(van.port), '6'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const heard: PeerMessage[] = []
    createInterface(peer.stdout).on('line', line => heard.push(JSON.parse(line) as PeerMessage))
    const identities = () => new Set(heard.flatMap(({ records }) => records ?? []).map(record => record[1]?.[2]))
    try {
      await expect
        .poll(identities, { timeout: 30_000, interval: 200 })
        .toSatisfy((seen: ReturnType<typeof identities>) => {
          const fixed = [...van.truth().records.values()].filter(({ type }) => type < RECORD_TYPE.BIFLOW_TPORT)
          return fixed.length > 20 && fixed.every(({ identity }) => seen.has(identity))
        })
    } finally {
      peer.stdin.end('\n')
      await new Promise(resolve => peer.once('exit', resolve))
      await van.stop()
    }
    expect(new Set(heard.map(({ subject }) => subject))).toEqual(new Set(['BEACON', 'HEARTBEAT', 'RECORD']))
  })
})
