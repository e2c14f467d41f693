import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import rhea, { type EventContext } from 'rhea'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/collector/ingest/clock.ts'
import { type RouterEndpoint, readConnectJson } from '../../../src/collector/ingest/index.ts'
import { RouterConnection } from '../../../src/collector/ingest/router-connection.ts'
import { silentLogger } from '../../../src/common/index.ts'
import { type KeyPair, TestAuthority } from '../../support/certificates.ts'

const NAMES = 'DNS:localhost,DNS:skupper-router-local,IP:127.0.0.1'
const OPTIONS = { credit: 1000, idleTimeoutMs: 4000, openTimeoutMs: 5000, firstDelayMs: 20, longestDelayMs: 50 }

let authority: TestAuthority
let stranger: TestAuthority
let router: KeyPair
let client: KeyPair
const toStop: (() => unknown)[] = []

beforeAll(() => {
  authority = new TestAuthority()
  stranger = new TestAuthority()
  router = authority.issue('router', NAMES)
  client = authority.issue('client', 'DNS:client')
})
afterAll(() => {
  authority.remove()
  stranger.remove()
})
afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop()
})

interface Listener {
  port: number
  /** The TLS versions of the connections that were opened. */
  opened: (string | null)[]
}

/** A router that wants a certificate of its authority and then EXTERNAL, or PLAIN when it knows a password. */
async function listen(pair: KeyPair, password?: string, clientCa = authority.caFile): Promise<Listener> {
  const container = rhea.create_container()
  const opened: (string | null)[] = []
  if (password === undefined) container.options.enable_sasl_external = true
  else {
    container.sasl_server_mechanisms.enable_plain(
      (user: string, given: string) => user === 'tide' && given === password,
    )
  }
  container.on('connection_open', ({ connection }: EventContext) => {
    opened.push((connection.get_tls_socket() as unknown as { getProtocol(): string | null }).getProtocol())
  })
  for (const event of ['disconnected', 'connection_close', 'connection_error', 'error'])
    container.on(event, () => undefined)
  const server = container.listen({
    transport: 'tls',
    port: 0,
    host: '127.0.0.1',
    cert: readFileSync(pair.certificateFile),
    key: readFileSync(pair.keyFile),
    ca: readFileSync(clientCa),
    requestCert: password === undefined,
    rejectUnauthorized: password === undefined,
    require_sasl: true,
  } as Parameters<typeof container.listen>[0])
  server.on('tlsClientError', () => undefined)
  await once(server, 'listening')
  toStop.push(() => server.close())
  return { port: (server.address() as AddressInfo).port, opened }
}

function connect(endpoint: Partial<RouterEndpoint> & Pick<RouterEndpoint, 'port'>): RouterConnection {
  const whole = { host: '127.0.0.1', sasl: {}, origin: 'the test', ...endpoint }
  const events = { connected: () => undefined, disconnected: () => undefined, outcome: () => undefined }
  const connection = new RouterConnection(whole, OPTIONS, systemClock, events, silentLogger)
  toStop.push(() => connection.stop())
  connection.start()
  return connection
}

/** Waits until the connection has failed three times, always for the same reason, and is still trying. */
async function failureOf(connection: RouterConnection) {
  await expect.poll(() => connection.failures).toBeGreaterThanOrEqual(3)
  expect(connection.current).toBeUndefined()
  return { code: connection.failure?.code, message: connection.failure?.message, remedy: connection.failure?.remedy }
}

const waitOpen = (connection: RouterConnection) => expect.poll(() => connection.current).toBeDefined()

describe('TLS to the router', () => {
  it('with client certificates and EXTERNAL, as Skupper sets it up, speaks TLS 1.3', async () => {
    const { port, opened } = await listen(router)
    const file = join(authority.folder, 'connect.json')
    const tls = { ca: authority.caFile, cert: client.certificateFile, key: client.keyFile, verify: true }
    writeFileSync(file, JSON.stringify({ scheme: 'amqps', host: 'localhost', port: String(port), tls }))
    const connection = connect({ ...readConnectJson(file), host: '127.0.0.1' })
    await waitOpen(connection)
    expect(opened).toEqual(['TLSv1.3'])
  })

  it('with user and password from a file (PLAIN), a password beyond ASCII too', async () => {
    const { port } = await listen(router, 'gehäim')
    const file = join(authority.folder, 'password')
    writeFileSync(file, 'gehäim\n')
    const sasl = { user: 'tide', password: { file } }
    await waitOpen(connect({ port, tls: { caFile: authority.caFile, verify: true }, sasl }))
  })

  it('says that the authority is the wrong one, and goes on trying', async () => {
    const { port } = await listen(router)
    const failure = await failureOf(connect({ port, tls: { ...client, caFile: stranger.caFile, verify: true } }))
    expect(failure).toMatchObject({
      code: 'AMQP_ROUTER_UNTRUSTED',
      remedy: expect.stringContaining('ca.crt') as string,
    })
    expect(failure.message).toContain(stranger.caFile)
  })

  it("says that the router's certificate has expired", async () => {
    const { port } = await listen(authority.issue('expired-router', NAMES, -1))
    const tls = { ...client, caFile: authority.caFile, verify: true }
    expect(await failureOf(connect({ port, tls }))).toMatchObject({ code: 'AMQP_ROUTER_CERTIFICATE_EXPIRED' })
  })

  it('says that our certificate has expired, naming the file, and connects once it is renewed', async () => {
    const { port } = await listen(router)
    const pair = authority.issue('expired-client', 'DNS:client', -1)
    const connection = connect({ port, tls: { ...pair, caFile: authority.caFile, verify: true } })
    const failure = await failureOf(connection)
    expect(failure).toMatchObject({ code: 'AMQP_CERTIFICATE_EXPIRED' })
    expect(failure.message).toContain(pair.certificateFile)
    copyFileSync(client.keyFile, pair.keyFile)
    copyFileSync(client.certificateFile, pair.certificateFile)
    await waitOpen(connection)
    expect(connection.failure).toBeUndefined()
  })

  it("says that the router's certificate is for another name, unless that name is configured", async () => {
    const { port } = await listen(authority.issue('elsewhere', 'DNS:elsewhere'))
    const tls = { ...client, caFile: authority.caFile, verify: true }
    expect(await failureOf(connect({ port, tls }))).toMatchObject({ code: 'AMQP_ROUTER_NAME_MISMATCH' })
    await waitOpen(connect({ port, tls: { ...tls, serverName: 'elsewhere' } }))
  })

  it('says that the router refused our certificate', async () => {
    const { port } = await listen(router)
    const pair = stranger.issue('stranger', 'DNS:client')
    expect(await failureOf(connect({ port, tls: { ...pair, caFile: authority.caFile, verify: true } }))).toMatchObject({
      code: 'AMQP_TLS_REFUSED',
    })
  })

  it('says that SASL was refused: a wrong password, and no mechanism in common', async () => {
    const { port } = await listen(router, 'secret')
    const tls = { caFile: authority.caFile, verify: true }
    const sasl = { user: 'tide', password: { value: 'wrong' } }
    expect(await failureOf(connect({ port, tls, sasl }))).toMatchObject({ code: 'AMQP_SASL_REFUSED' })
    const anonymous = await failureOf(connect({ port, tls }))
    expect(anonymous).toMatchObject({ code: 'AMQP_SASL_REFUSED' })
    expect(anonymous.message).toContain('PLAIN')
  })

  it('says which file is missing, and what is wrong with a key', async () => {
    const { port } = await listen(router)
    const missing = { caFile: join(authority.folder, 'nowhere.crt'), verify: true }
    const failure = await failureOf(connect({ port, tls: missing }))
    expect(failure).toMatchObject({ code: 'AMQP_FILE_UNREADABLE' })
    expect(failure.message).toContain('nowhere.crt')
    const mixed = {
      caFile: authority.caFile,
      verify: true,
      certificateFile: client.certificateFile,
      keyFile: router.keyFile,
    }
    expect(await failureOf(connect({ port, tls: mixed }))).toMatchObject({ code: 'AMQP_CERTIFICATE_UNUSABLE' })
  })

  it('says so when plain AMQP is spoken to a TLS port, and TLS to a plain one', async () => {
    const { port } = await listen(router)
    expect((await failureOf(connect({ port }))).code).toMatch(/AMQP_PROTOCOL|AMQP_CLOSED/)
    const container = rhea.create_container()
    for (const event of ['disconnected', 'protocol_error', 'error']) container.on(event, () => undefined)
    const plain = container.listen({ port: 0, host: '127.0.0.1' })
    await once(plain, 'listening')
    toStop.push(() => plain.close())
    const tls = { caFile: authority.caFile, verify: true }
    const failure = await failureOf(connect({ port: (plain.address() as AddressInfo).port, tls }))
    expect(failure.code).toMatch(/AMQP_TLS_REFUSED|AMQP_CLOSED/)
  })
})
