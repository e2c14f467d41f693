import { afterEach, describe, expect, it } from 'vitest'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { type SocketQuery, SocketRecord, type SocketTable } from '../../../linux/index.ts'
import { SocketWatch } from './index.ts'

const STATE_OFFSET = 1
const COOKIE_OFFSET = 44
const INODE_OFFSET = 68
const AF_INET6 = 10
const ESTABLISHED = 1

/** A socket as the kernel tells of it (`struct inet_diag_msg`), that somebody holds. */
function socket(number: number): SocketRecord {
  const bytes = Buffer.alloc(72)
  bytes[0] = AF_INET6
  bytes[STATE_OFFSET] = ESTABLISHED
  bytes.writeUInt32LE(number, COOKIE_OFFSET)
  bytes.writeUInt32LE(number, INODE_OFFSET)
  const record = SocketRecord.of(bytes)
  if (record === undefined) throw new Error('the record is not understood')
  return record
}

const watches: SocketWatch[] = []
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.stop()
})

/** A watch over a table that has these sockets, and what it told. */
async function watching(sockets: Set<SocketRecord>) {
  const fault = { ofTable: false, ofTaker: false }
  const table = {
    requireSupport: () => undefined,
    *dump({ family, protocol }: SocketQuery) {
      if (family !== 'ipv6' || protocol !== 'tcp') return
      yield* sockets
      if (fault.ofTable) throw new Error('no buffer space')
    },
    lookup: () => undefined,
    close: () => undefined,
  }
  const told: string[] = []
  const { log, lines } = unitContext()
  const watch = new SocketWatch({
    periodMs: 1,
    log,
    openTable: () => table as unknown as SocketTable,
    onLook: async ({ came, gone }) => {
      if (fault.ofTaker) throw new Error('too many open files')
      const number = (cookie: string) => Number.parseInt(cookie, 16)
      told.push(...came.map(({ cookie }) => `came ${number(cookie)}`))
      told.push(...gone.map(({ cookie }) => `gone ${number(cookie)}`))
    },
  })
  watches.push(watch)
  return { watch, fault, told, failures: () => lines.length, start: () => watch.start() }
}

describe('SocketWatch', () => {
  it.each(['ofTable', 'ofTaker'] as const)('tells later what came and went while a look failed (%s)', async where => {
    const [first, second, third] = [socket(1), socket(2), socket(3)]
    const sockets = new Set([first])
    const { start, fault, told, failures } = await watching(sockets)
    await start()
    await expect.poll(() => told).toEqual(['came 1'])

    fault[where] = true
    sockets.add(second)
    sockets.add(third)
    await expect.poll(failures).toBeGreaterThan(0)
    sockets.delete(first)
    sockets.delete(third)
    const failed = failures()
    await expect.poll(failures).toBeGreaterThan(failed + 1)
    fault[where] = false
    await expect.poll(() => told).toEqual(['came 1', 'came 2', 'gone 1'])
  })
})
