import { describe, expect, it } from 'vitest'
import { inSlices, SLICE, within } from './pace.ts'

describe('work in slices', () => {
  it('is done for every item in order, never for more at a time than there is room', async () => {
    const rooms = [3, 0, 1, 10]
    const slices: number[][] = []
    const room = () => {
      slices.push([])
      return rooms.shift() ?? 0
    }
    await inSlices([1, 2, 3, 4, 5, 6], room, 60_000, item => slices.at(-1)?.push(item))
    expect(slices).toEqual([[1, 2, 3], [], [4], [5, 6]])
  })

  it('goes on without room when patience has ended', async () => {
    const items = Array.from({ length: SLICE + 1 }, (_, index) => index)
    const done: number[] = []
    await inSlices(
      items,
      () => 0,
      0,
      item => done.push(item),
    )
    expect(done).toEqual(items)
  })
})

describe('a time limit', () => {
  it('ends with the work, or with the time', async () => {
    await within(60_000, Promise.resolve())
    await within(1, new Promise(() => undefined))
    await within(-1, new Promise(() => undefined))
  })

  it('passes a failure on', async () => {
    await expect(within(60_000, Promise.reject(new Error('no')))).rejects.toThrow('no')
  })
})
