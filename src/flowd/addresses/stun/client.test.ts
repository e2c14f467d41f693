import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { queryMappedAddress, type StunQuery } from './client.ts'

type Answer = (request: Buffer, from: RemoteInfo) => readonly Buffer[]

/** Runs a server that answers so, asks it, and returns the answer with the number of requests that came. */
async function ask(answer: Answer, query: Partial<StunQuery> = {}) {
  const server = createSocket('udp4')
  let requests = 0
  server.on('message', (request, from) => {
    requests += 1
    for (const reply of answer(request, from)) server.send(reply, from.port, from.address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address()
    const given = { server: { host: '127.0.0.1', port }, family: 'ipv4' as const, firstRetryMs: 20, ...query }
    return { mapped: await queryMappedAddress(given), requests }
  } finally {
    server.close()
  }
}

/** A success reply that says what the server saw. */
function seen(request: Buffer, from: RemoteInfo): Buffer {
  const body = Buffer.from('0020000800010000' + '00000000', 'hex')
  body.writeUInt16BE(from.port ^ 0x2112, 6)
  from.address.split('.').forEach((octet, index) => {
    body[8 + index] = Number(octet) ^ (request[4 + index] ?? 0)
  })
  const header = Buffer.from(request.subarray(0, 20))
  header.writeUInt16BE(0x0101, 0)
  header.writeUInt16BE(body.length, 2)
  return Buffer.concat([header, body])
}

describe('STUN client', () => {
  it('learns its address, from the local address asked for', async () => {
    const { mapped } = await ask((request, from) => [seen(request, from)], { localAddress: '127.0.0.1' })
    expect(mapped.address).toBe('127.0.0.1')
    expect(mapped.port).toBeGreaterThan(0)
  })

  it('asks again when a request or its reply is lost, and passes over replies to others', async () => {
    let lost = 2
    const { mapped, requests } = await ask((request, from) => {
      const foreign = seen(request, from)
      foreign.fill(0xee, 8, 20)
      lost -= 1
      return lost >= 0 ? [foreign, Buffer.from('noise')] : [seen(request, from)]
    })
    expect(mapped.address).toBe('127.0.0.1')
    expect(requests).toBe(3)
  })

  it('says what a server refused', async () => {
    const refusal = (request: Buffer) => {
      const body = Buffer.from(`0009000b00000414${Buffer.from('No here').toString('hex')}00`, 'hex')
      const header = Buffer.from(request.subarray(0, 20))
      header.writeUInt16BE(0x0111, 0)
      header.writeUInt16BE(body.length, 2)
      return [Buffer.concat([header, body])]
    }
    await expect(ask(refusal)).rejects.toMatchObject({
      code: 'STUN_REFUSED',
      details: { code: 420, reason: 'No here' },
    })
  })

  it('says what prevents it from asking', async () => {
    await expect(
      ask(() => [], { server: { host: '192.0.2.1', port: 3478 }, localAddress: '127.0.0.1' }),
    ).rejects.toThrow(/STUN server 192.0.2.1 port 3478 gave no answer: .*E[A-Z]+/)
    await expect(ask(() => [], { localAddress: '192.0.2.99' })).rejects.toThrow(/EADDRNOTAVAIL/)
  })

  it('gives up in time, and at once when told to', async () => {
    await expect(ask(() => [], { timeoutMs: 50 })).rejects.toMatchObject({ code: 'STUN_NO_ANSWER' })
    const signal = AbortSignal.abort(new Error('stop'))
    await expect(ask(() => [], { signal })).rejects.toThrow('stop')
    const server = { host: 'no-such-host.invalid', port: 3478 }
    await expect(ask(() => [], { server })).rejects.toMatchObject({ code: 'STUN_NO_ANSWER' })
  })
})
