import { describe, expect, it } from 'vitest'
import {
  decodeFlowLabel,
  decodeProtocolTag,
  encodeFlowLabel,
  encodeProtocolTag,
  FLOW_LABEL_MASK,
  flowEntropy,
  isMarkable,
} from './index.ts'

/** Experiment, activity, label without entropy, protocol tag: vectors 1-21 of the reference, among them CMS's own. */
const VECTORS = [
  [0, 0, 0x00000, 0],
  [1, 1, 0x20004, 65],
  [1, 2, 0x20008, 66],
  [2, 1, 0x10004, 129],
  [2, 9, 0x10024, 137],
  [2, 16, 0x10040, 144],
  [2, 19, 0x1004c, 147],
  [2, 26, 0x10068, 154],
  [3, 3, 0x3000c, 195],
  [3, 4, 0x30010, 196],
  [3, 14, 0x30038, 206],
  [3, 23, 0x3005c, 215],
  [3, 24, 0x30060, 216],
  [4, 3, 0x0800c, 259],
  [4, 4, 0x08010, 260],
  [5, 10, 0x28028, 330],
  [5, 14, 0x28038, 334],
  [14, 1, 0x1c004, 897],
  [16, 14, 0x02038, 1038],
  [256, 1, 0x00204, 16385],
  [511, 63, 0x3fefc, 32767],
] as const

describe('flow label', () => {
  it.each(VECTORS)('experiment %i, activity %i', (experiment, activity, label, tag) => {
    expect(encodeFlowLabel({ experiment, activity, entropy: 0 })).toBe(label)
    expect(decodeFlowLabel(label)).toEqual({ experiment, activity, entropy: 0 })
    expect(encodeProtocolTag({ experiment, activity })).toBe(tag)
    expect(decodeProtocolTag(tag)).toEqual({ experiment, activity })
  })

  it('reads labels captured on the wire, entropy included', () => {
    expect(decodeFlowLabel(0x7fefe)).toMatchObject({ experiment: 511, activity: 63 })
    expect(decodeFlowLabel(0x30038 | 0xc0103)).toEqual({ experiment: 3, activity: 14, entropy: 31 })
    expect(0x30038 | 0xc0103).toBe(0xf013b)
  })

  it('gives back every combination of fields, each bit in its place', () => {
    for (let experiment = 0; experiment < 512; experiment += 1) {
      for (let activity = 0; activity < 64; activity += 1) {
        const entropy = (experiment * 7 + activity) % 32
        const label = encodeFlowLabel({ experiment, activity, entropy })
        expect(label >>> 20).toBe(0)
        expect(decodeFlowLabel(label)).toEqual({ experiment, activity, entropy })
        expect(label & FLOW_LABEL_MASK.tag).toBe(encodeFlowLabel({ experiment, activity, entropy: 0 }))
      }
    }
    expect(encodeFlowLabel({ experiment: 0, activity: 0, entropy: 31 })).toBe(FLOW_LABEL_MASK.entropy)
  })

  it('refuses ids that would be cut', () => {
    for (const [experiment, activity] of [
      [512, 64],
      [3333, 12],
      [65_535, 65_535],
      [512, 0],
      [0, 64],
      [-1, 0],
      [1.5, 0],
    ] as const) {
      expect(isMarkable(experiment, activity)).toBe(false)
      expect(() => encodeFlowLabel({ experiment, activity, entropy: 0 })).toThrow(RangeError)
    }
    expect(() => encodeFlowLabel({ experiment: 1, activity: 1, entropy: 32 })).toThrow(RangeError)
  })
})

describe('entropy', () => {
  it('is the same for the same flow, for all time', () => {
    expect(flowEntropy('tcp 2001:db8::1 2345 2001:db8::2 5777')).toBe(21)
    expect(flowEntropy('udp 10.0.0.1 1 10.0.0.2 3')).toBe(9)
  })

  it('spreads flows that differ in one port over all 32 values evenly', () => {
    const counts = new Array<number>(32).fill(0)
    for (let port = 1; port <= 3200; port += 1) {
      const entropy = flowEntropy(`tcp 2001:db8::1 ${port} 2001:db8::2 5777`)
      counts[entropy] = (counts[entropy] ?? 0) + 1
    }
    expect(Math.min(...counts)).toBeGreaterThan(50)
    expect(Math.max(...counts)).toBeLessThan(150)
  })
})

describe('protocol tag', () => {
  it('carries one bit of the experiment more than the label', () => {
    expect(decodeProtocolTag(65_535)).toEqual({ experiment: 1023, activity: 63 })
    expect(encodeProtocolTag({ experiment: 1023, activity: 63 })).toBe(65_535)
  })

  it('refuses what does not fit', () => {
    expect(() => encodeProtocolTag({ experiment: 1024, activity: 0 })).toThrow(RangeError)
    expect(() => encodeProtocolTag({ experiment: 0, activity: 64 })).toThrow(RangeError)
    for (const tag of [65_536, -1, 1.5, Number.NaN]) expect(decodeProtocolTag(tag)).toBeUndefined()
  })
})
