import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { silentLogger } from '../../common/index.ts'
import { AddressMapping } from './address-mapping.ts'
import type { AskPublicAddress } from './public-view.ts'

const OPTIONS = { manualMapping: {}, stunServers: [], httpServices: [], refreshSeconds: 600 }
const LOCAL = ['10.0.0.1', '192.168.1.2', 'fd00::1', '2a00:1450::1', 'fe80::1', '127.0.0.1', '::1']
const PUBLIC: Readonly<Record<string, string>> = {
  '10.0.0.1': '8.8.8.8',
  '192.168.1.2': '8.8.4.4',
  'fd00::1': '2a00:1450::7',
}

async function mapping(
  ask: AskPublicAddress,
  manualMapping: Record<string, string> = {},
  localAddresses: () => readonly string[] = () => LOCAL,
) {
  const made = new AddressMapping({ ...OPTIONS, manualMapping }, { log: silentLogger, localAddresses, ask })
  await made.start()
  await turn()
  return made
}

describe('address mapping', () => {
  afterEach(() => void vi.useRealTimers())

  it('learns the private addresses of every interface, and asks about no other', async () => {
    const asked: string[] = []
    const made = await mapping(address => {
      asked.push(address)
      return Promise.resolve(PUBLIC[address] ?? '')
    })
    expect(asked).toEqual(['10.0.0.1', '192.168.1.2', 'fd00::1'])
    expect(LOCAL.map(address => made.map(address))).toEqual(['8.8.8.8', '8.8.4.4', '2a00:1450::7', ...LOCAL.slice(3)])
    await made.stop()
  })

  it('always honours what is mapped by hand, in whatever spelling, also for foreign addresses', async () => {
    const asked: string[] = []
    const made = await mapping(
      address => {
        asked.push(address)
        return Promise.reject(new Error('no'))
      },
      { '10.0.0.1': '8.8.8.8', '172.16.9.9': '8.8.4.4', 'FD00:0::1': '2A00:1450::99' },
    )
    expect(asked).toEqual(['192.168.1.2'])
    expect(['10.0.0.1', '172.16.9.9', 'fd00::1', '192.168.1.2'].map(address => made.map(address))).toEqual([
      '8.8.8.8',
      '8.8.4.4',
      '2a00:1450::99',
      '192.168.1.2',
    ])
    await made.stop()
  })

  it('asks later when the addresses cannot be listed now', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let list = (): string[] => {
      throw new Error('too many open files')
    }
    const made = await mapping(
      () => Promise.resolve('8.8.8.8'),
      {},
      () => list(),
    )
    expect(made.map('10.0.0.1')).toBe('10.0.0.1')
    list = () => ['10.0.0.1']
    await vi.advanceTimersByTimeAsync(15_000)
    expect(made.map('10.0.0.1')).toBe('8.8.8.8')
    await made.stop()
  })

  it('gives no flow addresses of two families', async () => {
    const made = await mapping(() => Promise.resolve('8.8.8.8'), { '10.0.0.1': '2a00:1450::7' })
    expect(['10.0.0.1', 'fd00::1', '192.168.1.2'].map(address => made.map(address))).toEqual([
      '8.8.8.8',
      'fd00::1',
      '8.8.8.8',
    ])
    await made.stop()
  })

  it('says what is worth waiting for: the first answer, of private addresses, for a short time', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const made = await mapping(() => promise, { '10.0.0.1': '8.8.8.8' })
    expect(['10.0.0.1', '2a00:1450::1', '127.0.0.1'].map(address => made.answerOf(address))).toEqual(
      Array.from({ length: 3 }),
    )
    const answer = made.answerOf('192.168.1.2')
    expect(answer).toBeInstanceOf(Promise)
    resolve('8.8.4.4')
    await answer
    expect(made.map('192.168.1.2')).toBe('8.8.4.4')
    expect(made.answerOf('192.168.1.2')).toBeUndefined()
    expect(made.answerOf('10.7.7.7')).toBeUndefined()
    await made.stop()
    const silent = await mapping(() => new Promise(() => undefined))
    await silent.answerOf('10.0.0.1')
    expect(silent.map('10.0.0.1')).toBe('10.0.0.1')
  })

  it('lets nothing wait for an answer that does not come, and leaves it when it stops', async () => {
    const made = await mapping(
      (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('left')))),
    )
    expect(made.map('10.0.0.1')).toBe('10.0.0.1')
    await made.stop()
    await made.stop()
  })

  describe('in time', () => {
    it('asks again every `refreshSeconds`: about addresses that came, no more about those that went', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      let local = ['10.0.0.1', '192.168.1.2']
      let answers: Record<string, string> = { '10.0.0.1': '8.8.8.8', '192.168.1.2': '8.8.4.4' }
      let asked = 0
      const ask = (address: string) => {
        asked += 1
        return Promise.resolve(answers[address] ?? '')
      }
      const made = await mapping(ask, {}, () => local)
      await vi.advanceTimersByTimeAsync(599_000)
      expect(asked).toBe(2)
      answers = { '10.0.0.1': '8.8.8.9', '10.9.9.9': '9.9.9.9' }
      local = ['10.0.0.1', '10.9.9.9']
      await vi.advanceTimersByTimeAsync(1000)
      expect(asked).toBe(4)
      expect(['10.0.0.1', '10.9.9.9', '192.168.1.2'].map(address => made.map(address))).toEqual([
        '8.8.8.9',
        '9.9.9.9',
        '192.168.1.2',
      ])
      await made.stop()
      await vi.advanceTimersByTimeAsync(1_200_000)
      expect(asked).toBe(4)
    })

    it('asks again soon when nobody answered, and keeps what it knew meanwhile', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      let answers: ((address: string) => Promise<string>)[] = [
        () => Promise.reject(new Error('no route yet')),
        () => Promise.reject(new Error('still none')),
        () => Promise.resolve('8.8.8.8'),
        () => Promise.reject(new Error('no answer this time')),
      ]
      const ask = (address: string) => {
        const [answer, ...rest] = answers
        answers = rest
        return answer?.(address) ?? Promise.reject(new Error('asked too often'))
      }
      const made = await mapping(ask, {}, () => ['10.0.0.1'])
      expect(made.map('10.0.0.1')).toBe('10.0.0.1')
      await vi.advanceTimersByTimeAsync(15_000)
      expect(answers).toHaveLength(2)
      await vi.advanceTimersByTimeAsync(29_000)
      expect(answers).toHaveLength(2)
      await vi.advanceTimersByTimeAsync(1000)
      expect(made.map('10.0.0.1')).toBe('8.8.8.8')
      await vi.advanceTimersByTimeAsync(600_000)
      expect(answers).toEqual([])
      expect(made.map('10.0.0.1')).toBe('8.8.8.8')
      await made.stop()
    })
  })
})
