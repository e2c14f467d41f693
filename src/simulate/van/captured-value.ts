/**
 * Values of a capture: each keeps its exact AMQP encoding as `"type:value"` (`smallulong:7`, `uint0`, `str8:abc`),
 * lists as `{"list32": […]}`, maps as `{"map32": {…}}`.
 */
export type CapturedValue = string | { list32: CapturedValue[] } | { map32: Record<string, CapturedValue> }

type Encode = (text: string) => Buffer

const ENCODERS: Readonly<Record<string, Encode>> = {
  null: () => Buffer.of(0x40),
  uint0: () => Buffer.of(0x43),
  ulong0: () => Buffer.of(0x44),
  smalluint: text => Buffer.of(0x52, Number(text)),
  smallulong: text => Buffer.of(0x53, Number(text)),
  smalllong: text => Buffer.of(0x55, Number(text) & 0xff),
  uint: text => withNumber(0x70, 4, BigInt(text)),
  ulong: text => withNumber(0x80, 8, BigInt(text)),
  long: text => withNumber(0x81, 8, BigInt.asUintN(64, BigInt(text))),
  str8: text => withText(0xa1, 1, text),
  sym8: text => withText(0xa3, 1, text),
  str32: text => withText(0xb1, 4, text),
  sym32: text => withText(0xb3, 4, text),
}

/** Encodes a captured value as it was on the wire. Throws a SyntaxError for an encoding that captures do not use. */
export function encodeCaptured(value: CapturedValue): Buffer {
  if (typeof value === 'string') {
    const colon = value.indexOf(':')
    const [type, text] = colon < 0 ? [value, ''] : [value.slice(0, colon), value.slice(colon + 1)]
    const encode = ENCODERS[type]
    if (encode === undefined) throw new SyntaxError(`a capture holds the unknown encoding '${type}'`)
    return encode(text)
  }
  return 'list32' in value
    ? encodeCompound(0xd0, value.list32)
    : encodeCompound(0xd1, Object.entries(value.map32).flat())
}

/** Encodes a list32 or map32 of the given values. */
export function encodeCompound(formatCode: 0xd0 | 0xd1, values: readonly CapturedValue[]): Buffer {
  const content = Buffer.concat(values.map(encodeCaptured))
  const head = Buffer.alloc(9)
  head[0] = formatCode
  head.writeUInt32BE(content.length + 4, 1)
  head.writeUInt32BE(values.length, 5)
  return Buffer.concat([head, content])
}

function withNumber(formatCode: number, width: number, value: bigint): Buffer {
  const digits = value.toString(16).padStart(width * 2, '0')
  return Buffer.concat([Buffer.of(formatCode), Buffer.from(digits, 'hex')])
}

function withText(formatCode: number, lengthWidth: number, text: string): Buffer {
  const bytes = Buffer.from(text)
  const head = Buffer.alloc(1 + lengthWidth)
  head[0] = formatCode
  head.writeUIntBE(bytes.length, 1, lengthWidth)
  return Buffer.concat([head, bytes])
}
