import { describe, expect, it } from 'vitest'
import { parseConfiguration } from '../../common/index.ts'
import { FLOWD_CONFIGURATION } from '../configuration/index.ts'
import { keepFixedKeys } from './fixed-keys.ts'

const read = (text: string) => parseConfiguration(FLOWD_CONFIGURATION, text, 'test').values

describe('a reload', () => {
  it('takes up all but what only a restart changes, and names what it holds back', () => {
    const before = read('drainSeconds: 1\nflowTable: {maxFlows: 10}\nplugins: {namedPipe: {}}')
    const loaded = read('drainSeconds: 2\nflowTable: {maxFlows: 10}\nplugins: {api: {}}')
    const { configuration, held } = keepFixedKeys(before, loaded)
    expect(held).toEqual(['drainSeconds'])
    expect(configuration).toEqual({ ...loaded, drainSeconds: 1 })
  })

  it('holds nothing back when nothing of that kind has changed', () => {
    const loaded = read('plugins: {api: {}}')
    expect(keepFixedKeys(read(''), loaded)).toEqual({ configuration: loaded, held: [] })
  })
})
