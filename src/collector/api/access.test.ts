import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get as getHttp, type IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestAuthority } from '../../../test/support/certificates.ts'
import { ask, bearer, NO_ACCESS_FILES } from '../../../test/support/http-access.ts'
import { runCommand } from '../../../test/support/run-command.ts'
import { RunningApi } from '../../../test/support/running-api.ts'
import type { HttpAccessOptions, Logger } from '../../common/index.ts'
import { silentLogger } from '../../common/index.ts'

/** How long a busy machine may take. */
const PATIENCE = { timeout: 15_000 }

const TOKEN = 'a-token-that-is-long-enough'
const OTHER = 'another-token-long-enough'
const WRONG = 'a-token-that-nobody-knows'
const PASSWORD = { authorization: `Basic ${Buffer.from('ana:myPassword').toString('base64')}` }

let folder = ''
let authority: TestAuthority
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-access-'))
  authority = new TestAuthority()
})
afterAll(() => {
  rmSync(folder, { recursive: true })
  authority.remove()
})

function access(change: Partial<HttpAccessOptions> = {}): HttpAccessOptions {
  return { ...NO_ACCESS_FILES, tokenFile: file('tokens', `${TOKEN}\n${OTHER}\n`), ...change }
}

describe('the collector with tokens and passwords', () => {
  it('lets in who shows one, on REST and on watch, and tells others how', async () => {
    const passwordFile = file('passwords', 'ana:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/\n')
    await using api = await RunningApi.start({ access: access({ passwordFile }) })
    for (const path of ['/links', '/links?watch=1', '/nonsense', '/../../metrics', `/links?token=${TOKEN}`]) {
      for (const options of [{}, bearer(WRONG), { headers: { authorization: 'Basic x' } }]) {
        const answer = await ask(`${api.url}${path}`, options)
        expect(answer.status).toBe(401)
        expect(answer.headers['www-authenticate']).toBe(
          'Bearer realm="tidemark", Basic realm="tidemark", charset="UTF-8"',
        )
        expect(JSON.parse(answer.text)).toBeTypeOf('object')
      }
    }
    expect(api.hub.watchers).toBe(0)
    for (const options of [bearer(TOKEN), bearer(OTHER), { headers: PASSWORD }]) {
      expect(await ask(`${api.url}/links`, options)).toMatchObject({ status: 200, text: '[]' })
      expect((await ask(`${api.server.address}/metrics`, options)).status).toBe(200)
    }
    expect((await ask(`${api.server.address}/metrics`)).status).toBe(401)
    expect((await ask(`${api.server.address}/nowhere`)).status).toBe(401)
  })

  it('sends changes to a watcher with a token', async () => {
    await using api = await RunningApi.start({ access: access() })
    const stop = new AbortController()
    const response = await fetch(`${api.url}/links?watch=1`, {
      headers: { authorization: `Bearer ${TOKEN}` },
      signal: stop.signal,
    })
    expect(response.status).toBe(200)
    api.view.put('LINK', 'a', { name: 'x' })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let seen = ''
    while (!seen.includes('"id":"a"')) seen += (await reader.read()).value ?? ''
    stop.abort()
  })

  it('counts its connections, those that are too many, and requests without credentials', async () => {
    // The hub's watchers and 4096 more may be there; a negative number of watchers makes that few.
    await using api = await RunningApi.start({ access: access() }, { maxWatchers: 3 - 4096 })
    const port = Number(new URL(api.server.address).port)
    const sockets: Socket[] = []
    const open = () => {
      const socket = connectTcp(port, '127.0.0.1').on('error', () => undefined)
      sockets.push(socket)
      return socket
    }
    for (let index = 0; index < 3; index += 1) open()
    await expect.poll(() => api.server.counts.connections, PATIENCE).toBe(3)
    const refused = open()
    await once(refused, 'close')
    expect(api.server.counts).toEqual({ connections: 3, turnedAway: 1, unauthorized: 0 })
    for (const socket of sockets) socket.destroy()
    await expect.poll(() => api.server.counts.connections, PATIENCE).toBe(0)
    await ask(`${api.url}/links`, bearer(WRONG))
    await ask(`${api.url}/links`, bearer(TOKEN))
    expect(api.server.counts).toMatchObject({ turnedAway: 1, unauthorized: 1 })
  })

  it('leaves the probes open', async () => {
    await using api = await RunningApi.start({ access: access() })
    for (const path of ['/healthz', '/readyz']) expect((await ask(`${api.server.address}${path}`)).status).toBe(200)
    for (const path of ['/healthz/', '//healthz', '/healthz/../metrics', '/metrics?/healthz']) {
      expect((await ask(`${api.server.address}${path}`)).status).toBe(401)
    }
  })

  it('answers a preflight, which carries no credentials, and lets pages send theirs', async () => {
    await using api = await RunningApi.start({ access: access(), cors: true })
    const headers = {
      origin: 'http://console.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    }
    const preflight = await ask(`${api.url}/links`, { method: 'OPTIONS', headers })
    expect(preflight.status).toBe(204)
    expect(preflight.headers['access-control-allow-headers']).toBe('authorization')
    expect((await ask(`${api.url}/links`, { headers: { origin: 'http://console.example' } })).status).toBe(401)
  })

  it('takes up changed tokens, keeps the former when they are unusable, and logs none of them', async () => {
    const lines: unknown[] = []
    const at = (...line: unknown[]) => void lines.push(line)
    const log: Logger = { ...silentLogger, debug: at, info: at, warn: at, error: at }
    const options = access()
    await using api = await RunningApi.start({ access: options, log })
    const status = async (token: string) => (await ask(`${api.url}/links`, bearer(token))).status
    expect([await status(TOKEN), await status(WRONG)]).toEqual([200, 401])
    writeFileSync(options.tokenFile, `${WRONG}\n`)
    await expect.poll(() => status(WRONG), PATIENCE).toBe(200)
    expect(await status(TOKEN)).toBe(401)
    writeFileSync(options.tokenFile, 'short\n')
    await expect.poll(() => JSON.stringify(lines), PATIENCE).toContain('line 1 is no token')
    expect(await status(WRONG)).toBe(200)
    for (const secret of [TOKEN, OTHER, WRONG, 'short']) expect(JSON.stringify(lines)).not.toContain(secret)
  })

  describe('that are withdrawn', () => {
    /** Watches, and gathers what comes. */
    async function watch(url: string, authorization: string) {
      const response = await fetch(`${url}/links?watch=1`, { headers: { authorization } })
      const seen = { text: '', isOver: false, isWhole: false }
      const read = async () => {
        for await (const part of response.body!.pipeThrough(new TextDecoderStream())) seen.text += part
        seen.isWhole = true
      }
      void read()
        .catch(() => undefined)
        .finally(() => {
          seen.isOver = true
        })
      await expect.poll(() => seen.text, PATIENCE).toContain('[')
      return seen
    }

    it('end the watch streams that they opened, with a last word, and no others', async () => {
      const passwordFile = file(
        'users',
        'ana:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/\nbob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n',
      )
      const options = access({ passwordFile })
      await using api = await RunningApi.start({ access: options })
      const bob = `Basic ${Buffer.from('bob:password').toString('base64')}`
      const byToken = await watch(api.url, `Bearer ${TOKEN}`)
      const byOther = await watch(api.url, `Bearer ${OTHER}`)
      const byAna = await watch(api.url, PASSWORD.authorization)
      const byBob = await watch(api.url, bob)
      writeFileSync(options.tokenFile, `${OTHER}\n`)
      await expect.poll(() => byToken.isOver, PATIENCE).toBe(true)
      expect(byToken).toMatchObject({ text: '[]{"error":"credentials withdrawn"}', isWhole: true })
      file('users', 'bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n')
      await expect.poll(() => byAna.isOver, PATIENCE).toBe(true)
      expect(byAna).toMatchObject({ text: '[]{"error":"credentials withdrawn"}', isWhole: true })
      expect(api.hub.cuts.withdrawn).toBe(2)
      expect(api.hub.watchers).toBe(2)
      api.view.put('LINK', 'late')
      await expect.poll(() => byOther.text, PATIENCE).toContain('"late"')
      await expect.poll(() => byBob.text, PATIENCE).toContain('"late"')
      expect([byOther.isOver, byBob.isOver]).toEqual([false, false])
    })

    it('cut a list that is on its way, of a watcher too, since it cannot be ended well', async () => {
      const options = access()
      const told: unknown[] = []
      const log: Logger = { ...silentLogger, info: (fields: object) => void told.push(fields) }
      await using api = await RunningApi.start({ access: options, log })
      for (let link = 0; link < 5000; link += 1) api.view.put('LINK', `l:${link}`, { name: 'x'.repeat(4000) })
      const begun = ['', '?watch=1'].map(async query => {
        const asking = getHttp(`${api.url}/links${query}`, { agent: false, ...bearer(TOKEN) })
        const [response] = (await once(asking, 'response')) as [IncomingMessage]
        return response
      })
      const responses = await Promise.all(begun)
      writeFileSync(options.tokenFile, `${OTHER}\n`)
      await expect.poll(() => told, PATIENCE).toContainEqual({ section: 'http', ended: 2 })
      for (const response of responses) {
        await expect(text(response)).rejects.toThrow('aborted')
        expect(response.complete).toBe(false)
      }
      expect(api.hub.watchers).toBe(0)
      expect(api.hub.cuts.withdrawn).toBe(1)
    })
  })

  it.each<[string, () => Partial<HttpAccessOptions>]>([
    ['absent', () => ({ tokenFile: join(folder, 'absent') })],
    ['empty', () => ({ tokenFile: file('empty', '') })],
    ['no certificate', () => ({ certificateFile: file('no.crt', 'x'), keyFile: file('no.key', 'x') })],
  ])('does not start when a file is %s', async (_what, change) => {
    await expect(RunningApi.start({ access: access(change()) })).rejects.toMatchObject({
      code: 'HTTP_FILE_UNUSABLE',
      exitCode: 78,
    })
  })

  it('does not start for others without access control, and does when told to', async () => {
    await expect(RunningApi.start({ host: '0.0.0.0', access: NO_ACCESS_FILES })).rejects.toMatchObject({
      code: 'HTTP_UNGUARDED',
      exitCode: 78,
    })
    await using api = await RunningApi.start({ host: '0.0.0.0', access: { ...NO_ACCESS_FILES, access: 'open' } })
    expect((await ask(`${api.url.replace('0.0.0.0', '127.0.0.1')}/links`)).status).toBe(200)
  })
})

describe('the collector with TLS', () => {
  /** The certificate that it shows. */
  function shown(port: number, ca: string): Promise<PeerCertificate> {
    return new Promise((resolve, reject) => {
      const socket: TLSSocket = connect({ port, host: '127.0.0.1', ca, servername: 'localhost' }, () => {
        resolve(socket.getPeerCertificate())
        socket.destroy()
      })
      socket.once('error', reject)
    })
  }

  it('serves others, TLS 1.2 at least, and takes up a renewed certificate under a running watch', async () => {
    const names = 'DNS:localhost,IP:127.0.0.1'
    const [first, second] = [authority.issue('first', names), authority.issue('second', names)]
    const pair = { certificateFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') }
    const install = (which: typeof first) => {
      copyFileSync(which.certificateFile, pair.certificateFile)
      copyFileSync(which.keyFile, pair.keyFile)
    }
    install(first)
    await using api = await RunningApi.start({ host: '0.0.0.0', access: access(pair) })
    expect(api.server.address).toMatch(/^https:/)
    const ca = readFileSync(authority.caFile, 'utf8')
    const url = api.url.replace('0.0.0.0', 'localhost')
    const port = Number(new URL(url).port)
    expect((await ask(`${url}/links`, { ca })).status).toBe(401)
    expect((await ask(`${url}/links`, { ca, ...bearer(TOKEN) })).status).toBe(200)
    await expect(ask(`${url}/links`, { ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).rejects.toThrow()
    await expect(ask(`${url.replace('https', 'http')}/links`)).rejects.toThrow()

    const watch = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${url}/links?watch=1`, { ca, agent: false, ...bearer(TOKEN) }, resolve)
        .once('error', reject)
        .end()
    })
    const heard = text(watch).catch((error: unknown) => String(error))
    expect((await shown(port, ca)).subject.CN).toBe('first')
    install(second)
    await expect.poll(async () => (await shown(port, ca)).subject.CN, PATIENCE).toBe('second')
    writeFileSync(pair.keyFile, 'broken')
    expect((await ask(`${url}/links`, { ca, ...bearer(TOKEN) })).status).toBe(200)
    expect(watch.destroyed).toBe(false)
    api.view.put('LINK', 'late')
    await api.server.stop()
    expect(await heard).toMatch(/^\[\]/)
  })

  it('is asked by the commands with --token-file and --ca-file', async () => {
    const pair = authority.issue('commands', 'IP:127.0.0.1')
    const options = access(pair)
    await using api = await RunningApi.start({ access: options })
    const command = ['sites', '--server', api.server.address]
    const ca = ['--ca-file', authority.caFile]
    expect((await runCommand([...command, ...ca, '--token-file', options.tokenFile])).code).toBe(0)
    expect((await runCommand([...command, ...ca])).stderr).toContain('COLLECTOR_UNAUTHORIZED')
    expect((await runCommand([...command, '--token-file', options.tokenFile])).stderr).toContain('COLLECTOR_UNTRUSTED')
    const wrong = await runCommand([...command, '--token-file', file('wrong', 'short')])
    expect([wrong.code, wrong.stderr.includes('HTTP_FILE_UNUSABLE')]).toEqual([78, true])
    const clear = await runCommand(['sites', '--server', 'http://192.0.2.1', '--token-file', options.tokenFile])
    expect([clear.code, clear.stderr.includes('TOKEN_IN_CLEAR')]).toEqual([2, true])
  })
})
