import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { compressLargeBodies, takesGzip } from './http-compression.ts'

/** What does not shrink, so that a client that stops reading is soon felt. */
const NOISE = randomBytes(48_000).toString('base64')
const BLOCK = 'tidemark_flow_bytes_total{experiment="cms"} 1\n'.repeat(1500)

function server(produced: { blocks: number; isOver: boolean } = { blocks: 0, isOver: false }) {
  const app = fastify()
  compressLargeBodies(app)
  async function* blocks(block: string, count: number) {
    try {
      for (; produced.blocks < count; produced.blocks += 1) yield block
    } finally {
      produced.isOver = true
    }
  }
  app.get('/small', () => ({ status: 'ok' }))
  app.get('/large', () => ({ text: BLOCK }))
  app.get('/blocks', (_request, reply) => reply.send(Readable.from(blocks(BLOCK, 3), { highWaterMark: 1 })))
  app.get('/endless', (_request, reply) => reply.send(Readable.from(blocks(NOISE, Infinity), { highWaterMark: 1 })))
  app.get('/vary', (_request, reply) => reply.header('vary', 'origin').send(BLOCK))
  return app
}

const GZIP = { 'accept-encoding': 'gzip' }

describe('compressLargeBodies', () => {
  it.each([
    ['/large', JSON.stringify({ text: BLOCK })],
    ['/blocks', BLOCK.repeat(3)],
  ])('compresses %s for who takes gzip, and for nobody else', async (url, text) => {
    const compressed = await server().inject({ url, headers: GZIP })
    expect(compressed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' })
    expect(gunzipSync(compressed.rawPayload).toString()).toBe(text)
    expect(compressed.rawPayload.length).toBeLessThan(text.length / 10)
    const plain = await server().inject({ url, headers: { 'accept-encoding': 'br, gzip;q=0' } })
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.headers.vary).toBe('accept-encoding')
    expect(plain.body).toBe(text)
  })

  it('leaves what is short, and adds to what varies already', async () => {
    const short = await server().inject({ url: '/small', headers: GZIP })
    expect([short.headers['content-encoding'], short.headers.vary, short.body]).toEqual([
      undefined,
      undefined,
      '{"status":"ok"}',
    ])
    expect((await server().inject({ url: '/vary', headers: GZIP })).headers.vary).toBe('origin, accept-encoding')
  })

  it('stops producing when the client goes, and holds no more than the client reads', async () => {
    const produced = { blocks: 0, isOver: false }
    const app = server(produced)
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
    const client = connect(Number(port), '127.0.0.1')
    client.write('GET /endless HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n')
    await once(client, 'readable')
    let before = -1
    // Nobody reads on: what is produced comes to a halt.
    await expect
      .poll(
        () => {
          const halted = produced.blocks === before
          before = produced.blocks
          return halted
        },
        { interval: 500 },
      )
      .toBe(true)
    client.destroy()
    await expect.poll(() => produced.isOver).toBe(true)
    await app.close()
  })

  it('sends the body as it is once too many are being compressed', async () => {
    const app = server()
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
    const clients = []
    const heads: string[] = []
    for (let index = 0; index < 65; index += 1) {
      const client = connect(Number(port), '127.0.0.1')
      clients.push(client)
      client.write('GET /endless HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n')
      const [first] = (await once(client, 'data')) as [Buffer]
      client.pause()
      heads.push(first.toString('latin1').split('\r\n\r\n')[0] ?? '')
    }
    expect(heads.filter(head => head.includes('content-encoding: gzip'))).toHaveLength(64)
    expect(heads.at(-1)).not.toContain('content-encoding')
    clients[0]?.destroy()
    // Its place is free again.
    await expect
      .poll(async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/blocks`, { headers: GZIP })
        await answer.arrayBuffer()
        return answer.headers.get('content-encoding')
      })
      .toBe('gzip')
    for (const client of clients) client.destroy()
    await app.close()
  })
})

describe('takesGzip', () => {
  it.each([
    ['gzip', true],
    ['deflate, GZIP;q=0.5', true],
    ['br;q=1.0, *;q=0.1', true],
    ['x-gzip', true],
    ['*', true],
    ['*, gzip;q=0', false],
    ['gzip; q=0.000', false],
    ['*;q=0', false],
    ['identity', false],
    ['', false],
    [undefined, false],
  ])('reads %s', (header, expected) => {
    expect(takesGzip(header)).toBe(expected)
  })
})
