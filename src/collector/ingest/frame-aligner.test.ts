import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameAligner } from './frame-aligner.ts'

const HEADER = Buffer.from('AMQP\0\x01\0\0', 'latin1')

function frame(length: number, fill: number): Buffer {
  const bytes = Buffer.alloc(length, fill)
  bytes.writeUInt32BE(length)
  return bytes
}

/** Where frames and headers end in a stream of them. */
function ends(frames: readonly Buffer[]): Set<number> {
  let at = 0
  return new Set(frames.map(({ length }) => (at += length)))
}

describe('the frame aligner', () => {
  it('hands on every byte in order, cut at ends of frames only, however the stream is cut', () => {
    const anyFrame = fc.oneof(
      fc.constant(HEADER),
      fc
        .tuple(fc.integer({ min: 8, max: 300 }), fc.integer({ min: 0, max: 255 }))
        .map(([size, fill]) => frame(size, fill)),
    )
    const property = fc.property(
      fc.array(anyFrame),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
      (frames, cuts) => {
        const stream = Buffer.concat(frames)
        const aligner = new FrameAligner()
        const taken: Buffer[] = []
        for (let at = 0, cut = 0; at < stream.length; cut += 1) {
          const size = cuts[cut % cuts.length]!
          taken.push(...aligner.take(stream.subarray(at, at + size)))
          at += size
        }
        expect(Buffer.concat(taken).equals(stream)).toBe(true)
        const whole = ends(frames)
        expect([...ends(taken)].filter(end => !whole.has(end))).toEqual([])
      },
    )
    fc.assert(property, { numRuns: 1000 })
  })

  it('copies nothing of a chunk that ends with a frame', () => {
    const chunk = Buffer.concat([frame(20, 1), frame(30, 2)])
    expect(new FrameAligner().take(chunk)[0]).toBe(chunk)
  })

  it('refuses at once what claims to be longer than any frame, without waiting for it', () => {
    expect(() => new FrameAligner().take(Buffer.from('HTTP/1.1 400 Bad Request'))).toThrow(RangeError)
  })

  it('lets lengths pass that no frame can have, for the library to refuse', () => {
    const chunk = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1])
    expect(Buffer.concat(new FrameAligner().take(chunk)).equals(chunk)).toBe(true)
  })
})
