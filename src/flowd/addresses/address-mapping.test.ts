import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
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

async function mapping(ask: AskPublicAddress, manualMapping: Record<string, string> = {}) {
  const made = new AddressMapping(
    { ...OPTIONS, manualMapping },
    { log: silentLogger, localAddresses: () => LOCAL, ask },
  )
  await made.start()
  await turn()
  return made
}

describe('address mapping', () => {
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

  it('gives no flow addresses of two families', async () => {
    const made = await mapping(() => Promise.resolve('8.8.8.8'), { '10.0.0.1': '2a00:1450::7' })
    expect(['10.0.0.1', 'fd00::1', '192.168.1.2'].map(address => made.map(address))).toEqual([
      '8.8.8.8',
      'fd00::1',
      '8.8.8.8',
    ])
    await made.stop()
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
})
