// The claim: a message made to exhaust the decoder (a length or a count that lies, values nested a thousand deep) is
// refused in less than a millisecond, each.
import { decodeMessage, encodeRecords } from '../src/vanflow/index.ts'

const LIMIT_MS = 1
const ROUNDS = 201

const EMPTY_LIST_LENGTH = 9
const empty = encodeRecords({ to: 'mc/sfe.x:0', records: [] })
/** A RECORD message with another body. */
const message = (body: Buffer) => Buffer.concat([empty.subarray(0, empty.length - EMPTY_LIST_LENGTH), body])
const hex = (text: string) => message(Buffer.from(text, 'hex'))

/** Lists in lists, or maps in maps, this deep. */
function nested(formatCode: number, depth: number): Buffer {
  let value = Buffer.from('45', 'hex')
  for (let level = 0; level < depth; level += 1) {
    const isMap = formatCode === 0xd1
    const key = isMap ? Buffer.from('5201', 'hex') : Buffer.alloc(0)
    const head = Buffer.alloc(9)
    head[0] = formatCode
    head.writeUInt32BE(key.length + value.length + 4, 1)
    head.writeUInt32BE(isMap ? 2 : 1, 5)
    value = Buffer.concat([head, key, value])
  }
  return message(value)
}

const BOMBS: Readonly<Record<string, Buffer>> = {
  'a list that claims 4 GB': hex('d0ffffffff00000001'),
  'a list that claims four thousand million records': hex('d000000008ffffffff40404040'),
  'a map that claims four thousand million attributes': hex('d00000001100000001d100000008ffffffff40404040'),
  'a string that claims 4 GB': hex('d00000001400000001d10000000b000000025201b1ffffffff61'),
  'an array of four thousand million nulls': hex('d00000001200000001f000000009ffffffff4040404040'),
  'properties that claim 4 GB': Buffer.from('005373d0ffffffff00000004', 'hex'),
  'lists nested a thousand deep': nested(0xd0, 1000),
  'maps nested a thousand deep': nested(0xd1, 1000),
  'descriptors nested a thousand deep': message(Buffer.concat([Buffer.alloc(1000), Buffer.alloc(1001, 0x40)])),
}

let slowest = 0
for (const [name, bytes] of Object.entries(BOMBS)) {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = process.hrtime.bigint()
    decodeMessage(bytes)
    return Number(process.hrtime.bigint() - start) / 1e6
  }).toSorted((a, b) => a - b)
  const median = times[ROUNDS >> 1]!
  slowest = Math.max(slowest, median)
  const { kind, ...rest } = decodeMessage(bytes)
  const problems = 'problems' in rest ? Object.keys(rest.problems ?? {}) : []
  console.log(`${median.toFixed(4)} ms  ${name}: ${[kind, ...problems].join(', ')}`)
}
console.log(`slowest: ${slowest.toFixed(4)} ms (claimed: less than ${LIMIT_MS} ms)`)
process.exitCode = slowest < LIMIT_MS ? 0 : 1
