import { readFileSync } from 'node:fs'
import rhea, { type ConnectionOptions, type EventContext } from 'rhea'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { SimulatedVan } from '../../src/simulate/index.ts'
import { type KeyPair, TestAuthority } from '../support/certificates.ts'

describe('the simulated network over TLS', () => {
  let authority: TestAuthority
  let server: KeyPair
  let collector: KeyPair
  let van: SimulatedVan | undefined
  beforeAll(() => {
    authority = new TestAuthority()
    server = authority.issue('router', 'DNS:localhost,IP:127.0.0.1')
    collector = authority.issue('collector', 'DNS:collector')
  })
  afterEach(async () => van?.stop())
  afterAll(() => authority.remove())

  async function start(): Promise<number> {
    const tls = {
      cert: readFileSync(server.certificateFile),
      key: readFileSync(server.keyFile),
      ca: readFileSync(authority.caFile),
    }
    van = new SimulatedVan({ listen: { port: 0, tls, anonymous: false }, speed: 20 })
    await van.start()
    return van.port
  }

  /** Connects and resolves with the first beacon, or rejects with why there was none. */
  function firstBeacon(port: number, credentials: Partial<ConnectionOptions>): Promise<unknown> {
    const container = rhea.create_container({ enable_sasl_external: true })
    const ca = readFileSync(authority.caFile)
    const options = {
      host: 'localhost',
      port,
      transport: 'tls',
      ca,
      reconnect: false,
      ...credentials,
    } as ConnectionOptions
    const connection = container.connect(options)
    connection.open_receiver('mc/sfe.all')
    return new Promise((resolve, reject) => {
      container.once('message', ({ message }: EventContext) => {
        connection.close()
        resolve(message)
      })
      container.on('disconnected', ({ error }: EventContext) => reject(error ?? new Error('disconnected')))
      container.on('connection_error', ({ connection: { error } }: EventContext) => reject(error as Error))
    })
  }

  it('speaks to who has a certificate of its authority, by SASL EXTERNAL', async () => {
    const pair = { cert: readFileSync(collector.certificateFile), key: readFileSync(collector.keyFile) }
    expect(await firstBeacon(await start(), pair)).toMatchObject({ subject: 'BEACON' })
  })

  it('and to nobody else', async () => {
    await expect(firstBeacon(await start(), {})).rejects.toBeDefined()
  })
})
