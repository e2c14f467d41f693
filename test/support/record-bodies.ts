import { AmqpWriter } from '../../src/vanflow/amqp-writer.ts'
import { decodeRecords, type WireValue } from '../../src/vanflow/index.ts'

/** Encoded values that no router sends under a VAN-Flow key. */
export const ODD = {
  null: Buffer.from('40', 'hex'),
  true: Buffer.from('41', 'hex'),
  double: Buffer.from('823ff0000000000000', 'hex'),
  timestamp: Buffer.from('830000000000000001', 'hex'),
  emptyList: Buffer.from('45', 'hex'),
  int0: Buffer.from('5400', 'hex'),
  minusOne: Buffer.from('54ff', 'hex'),
  described: Buffer.from('00532440', 'hex'),
  twoTo63: Buffer.from('808000000000000000', 'hex'),
}

/** A key of a record and its value, as they are written. */
export type Pair = readonly [key: number | Uint8Array, value: WireValue | { uint: number }]

/** Encodes a body whose records are given pair by pair, in that order. */
export function body(...items: (readonly Pair[] | Uint8Array)[]): Buffer {
  const writer = new AmqpWriter()
  writer.list(items.length, () => {
    for (const item of items) {
      if (item instanceof Uint8Array) writer.raw(item)
      else writer.map(item.length, () => writePairs(writer, item))
    }
  })
  return writer.toBuffer()
}

function writePairs(writer: AmqpWriter, pairs: readonly Pair[]): void {
  for (const [key, value] of pairs) {
    if (typeof key === 'number') writer.uint(key)
    else writer.raw(key)
    writeValue(writer, value)
  }
}

function writeValue(writer: AmqpWriter, value: Pair[1]): void {
  if (typeof value === 'string') writer.string(value)
  else if (value instanceof Uint8Array) writer.raw(value)
  else if (typeof value === 'object') writer.uint(value.uint)
  else writer.ulong(value)
}

/** Reads a body that is all of the bytes. */
export function decode(bytes: Buffer) {
  return decodeRecords(bytes, 0, bytes.length)
}

/** The ROUTER `r:0`, with more attributes. */
export function router(...pairs: Pair[]): Pair[] {
  return [[0, { uint: 1 }], [1, 'r:0'], ...pairs]
}
