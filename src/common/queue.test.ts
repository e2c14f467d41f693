import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BoundedQueue } from './queue.ts'

describe('BoundedQueue', () => {
  it('behaves as an array that refuses what exceeds its capacity', () => {
    const step = fc.oneof(fc.integer(), fc.constant('shift' as const))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.array(step, { maxLength: 500 }), (capacity, steps) => {
        const queue = new BoundedQueue<number>(capacity)
        const model: number[] = []
        for (const item of steps) {
          if (item === 'shift') expect(queue.shift()).toBe(model.shift())
          else if (model.length < capacity) {
            expect(queue.push(item)).toBe(true)
            model.push(item)
          } else expect(queue.push(item)).toBe(false)
          expect(queue.size).toBe(model.length)
        }
      }),
    )
  })
})
