import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Inbox, type InboxItem } from './inbox.ts'

const item = (receivedUs: number, size = 1): InboxItem => ({ payload: Buffer.alloc(size), receivedUs })

it('hands on in order, and refuses what exceeds its messages or bytes', async () => {
  const handled: number[] = []
  const inbox = new Inbox({ maxMessages: 3, maxBytes: 10 }, ({ receivedUs }) => handled.push(receivedUs))
  expect([item(1, 4), item(2, 4), item(3, 4), item(4, 2), item(5, 0)].map(one => inbox.offer(one))).toEqual([
    true,
    true,
    false,
    true,
    false,
  ])
  expect([inbox.size, inbox.bytes]).toEqual([3, 10])
  await turn()
  await turn()
  expect(handled).toEqual([1, 2, 4])
  expect([inbox.size, inbox.bytes, inbox.oldestReceivedUs]).toEqual([0, 0, undefined])
})

it('lets others have their turn while it works, and knows how far behind it is', async () => {
  let handled = 0
  const inbox = new Inbox({ maxMessages: 1000, maxBytes: 1e6 }, () => {
    handled += 1
    const until = performance.now() + 1
    while (performance.now() < until);
  })
  for (let at = 1; at <= 100; at += 1) inbox.offer(item(at))
  await turn()
  await turn()
  expect(handled).toBeGreaterThan(0)
  expect(handled).toBeLessThan(100)
  expect(inbox.oldestReceivedUs).toBeGreaterThan(0)
  expect(inbox.oldestReceivedUs).toBeLessThanOrEqual(handled + 1)
  expect(inbox.clear()).toBe(100 - handled)
  expect(inbox.size).toBe(0)
})
