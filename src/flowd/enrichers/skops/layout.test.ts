import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  REFERENCE_RECORD,
  REFERENCE_TCP_INFO,
  recordLikeReference,
} from '../../../../test/support/flowd/reference-record.ts'
import { plainTcpInfo, readTcpInfo } from '../../../linux/index.ts'
import { CONNECTION_BYTES } from '../../sock-ops/index.ts'
import {
  decodeRecord,
  encodeFollowed,
  encodeSettings,
  FOLLOWED_BYTES,
  INFO_BYTES,
  nameOf,
  RECORD_BYTES,
} from './layout.ts'

const BYTES: Readonly<Record<string, number>> = {
  __u8: 1,
  __u16: 2,
  __u32: 4,
  __u64: 8,
  char: 1,
  __be16: 2,
  __be32: 4,
}

interface Field {
  name: string
  offset: number
  bytes: number
}

/** The fields of a C structure without bit fields, and its size, by the rules of the compiler. */
function layoutOf(header: string, structure: string, known: Readonly<Record<string, number>> = {}) {
  const text = readFileSync(`bpf/${header}`, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const body = new RegExp(`struct ${structure} \\{([\\s\\S]*?)\\n\\}`).exec(text)?.[1] ?? ''
  const fields: Field[] = []
  let offset = 0
  for (const [, type = '', name = '', times] of body.matchAll(/^\t((?:struct )?\w+) (\w+)(?: : [^;]*|\[(\w+)\])?;/gm)) {
    const size = BYTES[type] ?? known[type] ?? 0
    // Structures of ours hold nothing wider than 4 bytes, or are a multiple of 8.
    const alignment = type in BYTES ? size : size % 8 === 0 ? 8 : 4
    offset = Math.ceil(offset / alignment) * alignment
    const bytes = size * (times === 'TCP_CA_NAME_MAX' ? 16 : Number(times ?? 1))
    fields.push({ name, offset, bytes })
    offset += bytes
  }
  return { fields, bytes: Math.ceil(offset / 8) * 8 }
}

describe('what user space and the program share', () => {
  it('has statistics that the reader of TCP_INFO reads field by field', () => {
    const { fields, bytes } = layoutOf('tcp-info.h', 'tcp_info')
    expect(bytes).toBe(INFO_BYTES)
    for (const field of fields) {
      const info = Buffer.alloc(INFO_BYTES)
      info.writeUIntLE(1, field.offset, 1)
      const set = Object.entries(plainTcpInfo(readTcpInfo(info))).filter(([, value]) => value === 1 || value === true)
      // The kernel does not remember the time of the last acknowledgement that was sent, and the reader knows that.
      if (field.name === 'last_ack_sent' && set.length === 0) continue
      const camel = field.name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())
      const short = camel.replace(/Time$/, '')
      expect(set.map(([name]) => name.replace(/(Us|Ms)$/, ''))).toEqual([
        expect.stringMatching(`^(${camel}|${short})$`),
      ])
    }
  })

  it('has records and followed flows of these sizes', () => {
    const known = { 'struct tcp_info': INFO_BYTES }
    const { fields, bytes } = layoutOf('skops.h', 'record', known)
    expect(bytes).toBe(RECORD_BYTES)
    expect(fields.map(({ name, offset }) => `${name} ${offset}`)).toEqual([
      'name 0',
      'taken_ns 8',
      'congestion 16',
      'info_bytes 32',
      'closed 36',
      'info 40',
    ])
    const followed = layoutOf('skops.h', 'followed')
    expect(followed.bytes).toBe(FOLLOWED_BYTES)
    expect(nameOf(encodeFollowed(7))).toBe(7)
    expect(encodeFollowed(7).readBigUInt64LE(followed.fields.find(({ name }) => name === 'name')?.offset)).toBe(7n)
    const connection = layoutOf('sock-ops.h', 'connection').fields.at(-1)
    expect((connection?.offset ?? 0) + (connection?.bytes ?? 0)).toBe(CONNECTION_BYTES)
  })

  it('has the interval and the ticks as settings', () => {
    expect(layoutOf('skops.h', 'settings')).toMatchObject({
      bytes: 16,
      fields: [
        { name: 'interval_ns', offset: 0 },
        { name: 'hz', offset: 8 },
        { name: 'unused', offset: 12 },
      ],
    })
    const bytes = encodeSettings({ intervalMs: 1000, ticksPerSecond: 250 })
    expect(bytes.toString('hex')).toBe('00ca9a3b00000000fa00000000000000')
  })
})

describe('a record', () => {
  // V79 of the reference, with rcv_mss and the busy time in their own width.
  it('tells what the reference tells of the same socket', () => {
    const record = decodeRecord(recordLikeReference(REFERENCE_RECORD, 7))
    expect(record).toMatchObject({ name: 7, congestion: 'cubic', closed: false })
    expect(record?.tcpInfo).toMatchObject({ ...REFERENCE_TCP_INFO, rcvWnd: undefined })
  })

  // V83 of the reference, where a record of another length has the one before it processed again.
  it('of another length is none', () => {
    for (const length of [0, RECORD_BYTES - 1, RECORD_BYTES + 1, REFERENCE_RECORD.length]) {
      expect(decodeRecord(Buffer.alloc(length))).toBeUndefined()
    }
    const claiming = Buffer.alloc(RECORD_BYTES)
    claiming.writeUInt32LE(INFO_BYTES + 1, 32)
    expect(decodeRecord(claiming)).toBeUndefined()
  })

  it('may lack the name of an algorithm', () => {
    expect(decodeRecord(Buffer.alloc(RECORD_BYTES))?.congestion).toBeUndefined()
    const long = Buffer.alloc(RECORD_BYTES)
    long.fill('a', 16, 32)
    expect(decodeRecord(long)?.congestion).toBe('a'.repeat(16))
  })
})
