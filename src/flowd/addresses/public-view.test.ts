import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { askInTurn, parseStunServer } from './public-view.ts'

/** Asks web services that answer so, in turn, from 127.0.0.1. */
async function ask(...answers: readonly RequestListener[]): Promise<string> {
  const servers = answers.map(answer => createServer(answer).listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const httpServices = servers.map(server => `http://127.0.0.1:${(server.address() as AddressInfo).port}/json`)
  try {
    return await askInTurn({ httpServices, stunServers: [] })('127.0.0.1', new AbortController().signal)
  } finally {
    for (const server of servers) server.close().closeAllConnections()
  }
}

const says =
  (body: string, status = 200): RequestListener =>
  (_, response) =>
    response.writeHead(status).end(body)

describe('how others see an address', () => {
  it('takes the first good answer', async () => {
    const good = says('{"ip":"2A00:1450:0::7"}')
    expect(await ask(good)).toBe('2a00:1450::7')
    expect(await ask(says('{"ip":"8.8.8.8"}', 500), says('no JSON'), says('{"ip":"nonsense"}'), says('{}'), good)).toBe(
      '2a00:1450::7',
    )
    expect(await ask(says(`{"ip":"${' '.repeat(20_000)}"}`), good)).toBe('2a00:1450::7')
  })

  it('names every failure when nobody answers', async () => {
    const failure = ask(says('{"ip":"8.8.8.8"}', 503), says('{"ip":4}'))
    await expect(failure).rejects.toMatchObject({
      errors: [
        { code: 'PUBLIC_ADDRESS_NO_ANSWER', details: { reason: 'status 503' } },
        { code: 'PUBLIC_ADDRESS_NO_ANSWER', details: { reason: 'no address in the answer {"ip":4}' } },
      ],
    })
  })

  it.each([
    ['stun.example.net:19302', { host: 'stun.example.net', port: 19_302 }],
    ['stun.example.net', { host: 'stun.example.net', port: 3478 }],
    ['stun:stun.example.net:19302', { host: 'stun.example.net', port: 19_302 }],
    ['[2001:db8::1]:5000', { host: '2001:db8::1', port: 5000 }],
    ['2001:db8::1', { host: '2001:db8::1', port: 3478 }],
    ['192.0.2.1:3479', { host: '192.0.2.1', port: 3479 }],
  ])('reads the server %s', (text, server) => {
    expect(parseStunServer(text)).toEqual(server)
  })
})
