import type { AddressInfo } from 'node:net'
import rhea, { type EventContext } from 'rhea'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeRecords, installDecoder, isVanMessage } from './index.ts'

const RECORDS = encodeRecords({
  to: 'mc/sfe.x:0',
  messageId: 4,
  records: [{ type: 1, identity: 'x:0', codes: [12], values: ['ns'] }],
})
const DECODED = {
  kind: 'records',
  messageId: 4,
  to: 'mc/sfe.x:0',
  records: [{ type: 1, identity: 'x:0', codes: [12], values: ['ns'] }],
}

/** A module like rhea's, whose decoder gives the length, and throws for messages that end on 255. */
const library = () => ({
  decode(bytes: Buffer): unknown {
    if (bytes.at(-1) === 0xff) throw new TypeError('no such type')
    return { length: bytes.length }
  },
})

describe('our decoder in the place of a library', () => {
  it('takes the messages of VAN-Flow and leaves it the others', () => {
    const module = library()
    installDecoder(module)
    expect(module.decode(RECORDS)).toEqual(DECODED)
    expect(module.decode(Buffer.alloc(0))).toEqual({ length: 0 })
  })

  it('makes of what the library cannot decode a message, not an exception', () => {
    const module = library()
    installDecoder(module)
    expect(module.decode(Buffer.from('005377ff', 'hex'))).toMatchObject({ kind: 'malformed', cause: 'sections' })
    expect(module.decode(Buffer.from('00537752ff', 'hex'))).toMatchObject({ kind: 'malformed', cause: 'sections' })
  })

  it('is installed once, and can be taken out', () => {
    const module = library()
    const original = module.decode
    const remove = installDecoder(module)
    const ours = module.decode
    installDecoder(module)()
    expect(module.decode).toBe(ours)
    remove()
    expect(module.decode).toBe(original)
  })

  it('is told from what the library decodes', () => {
    expect(isVanMessage(DECODED)).toBe(true)
    expect(isVanMessage({ subject: 'RECORD', body: [] })).toBe(false)
    expect(isVanMessage(null)).toBe(false)
    expect(isVanMessage({ kind: 'letter' })).toBe(false)
  })
})

describe('rhea', () => {
  const undo: (() => void)[] = []
  afterEach(() => {
    for (const step of undo.splice(0)) step()
  })

  it('decodes every delivery through its module, whatever the size of the message', async () => {
    undo.push(installDecoder(rhea.message))
    const records = Array.from({ length: 2000 }, (_, index) => ({ ...DECODED.records[0]!, identity: `x:${index}` }))
    const large = encodeRecords({ to: 'mc/sfe.x:0', records })
    const received = await deliver([RECORDS, large, rhea.message.encode({ subject: 'news', body: 'b' })])
    expect(received[0]).toEqual(DECODED)
    expect(received[1]).toMatchObject({ kind: 'records', records: { length: 2000 } })
    expect(received[2]).toMatchObject({ subject: 'news', body: 'b' })
  })

  it('lets a connection live on over a message that it cannot decode', async () => {
    undo.push(installDecoder(rhea.message))
    const received = await deliver([Buffer.from('00537752', 'hex'), Buffer.from('0053770f', 'hex'), RECORDS])
    expect(received.map(message => isVanMessage(message) && message.kind)).toEqual([
      'malformed',
      'malformed',
      'records',
    ])
  })

  /** Sends ready messages over a connection in small frames, and gives what rhea delivered for them. */
  function deliver(messages: readonly Buffer[]): Promise<unknown[]> {
    const received: unknown[] = []
    const container = rhea.create_container()
    return new Promise((resolve, reject) => {
      const server = container.listen({ port: 0, host: '127.0.0.1', max_frame_size: 4096 })
      server.once('listening', () => {
        const { port } = server.address() as AddressInfo
        const connection = container.connect({ port, host: '127.0.0.1', reconnect: false, max_frame_size: 4096 })
        undo.push(
          () => connection.close(),
          () => server.close(),
        )
        const sender = connection.open_sender('x')
        container.once('sendable', () => {
          for (const message of messages) sender.send(message, undefined, 0)
        })
      })
      container.on('message', ({ message }: EventContext) => {
        if (received.push(message) === messages.length) resolve(received)
      })
      container.on('error', reject)
    })
  }
})
