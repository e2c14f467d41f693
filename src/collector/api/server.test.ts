import { describe, expect, it } from 'vitest'
import { NO_ACCESS_FILES } from '../../../test/support/http-access.ts'
import { RunningApi } from '../../../test/support/running-api.ts'

/** How long a busy machine may take. */
const PATIENCE = { timeout: 15_000 }

async function get(url: string, init?: RequestInit) {
  const response = await fetch(url, init)
  const text = await response.text()
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  return { status: response.status, headers: response.headers, text, body }
}

describe('v1alpha1', () => {
  it('answers each path of the prototype with an array of flat objects', async () => {
    await using api = await RunningApi.start()
    for (const type of ['ROUTER', 'LINK', 'LISTENER', 'CONNECTOR', 'PROCESS', 'IMAGE', 'SITE', 'VAN_ADDRESS']) {
      api.view.put(type, type, { name: 'backend' })
    }
    for (const [path, type] of [
      ['routers', 'ROUTER'],
      ['links', 'LINK'],
      ['vanaddrs', 'VAN_ADDRESS'],
      ['addresses', 'VAN_ADDRESS'],
      ['listeners', 'LISTENER'],
      ['connectors', 'CONNECTOR'],
      ['processes', 'PROCESS'],
      ['images', 'IMAGE'],
      ['sites', 'SITE'],
      ['record?id=IMAGE', 'IMAGE'],
      ['flows?vanaddr=backend', 'VAN_ADDRESS'],
    ]) {
      const { status, headers, body } = await get(`${api.url}/${path}`)
      expect([status, headers.get('content-type')]).toEqual([200, 'application/json'])
      expect(body).toEqual([{ name: 'backend', recordType: type, identity: type, rtype: type, id: type }])
    }
    expect((await get(`${api.url}/topology`)).body).toMatchObject([{ id: 'ROUTER' }, { id: 'LINK' }])
  })

  it('shows in topology each link once, from the side that accepts', async () => {
    await using api = await RunningApi.start()
    api.view.put('LINK', 'a', { direction: 'incoming' })
    api.view.put('LINK', 'b', { direction: 'outgoing' })
    expect((await get(`${api.url}/topology`)).body).toMatchObject([{ id: 'a' }])
    expect((await get(`${api.url}/links`)).body).toMatchObject([{ id: 'a' }, { id: 'b' }])
  })

  it('writes integers beyond 2^53 as strings of digits', async () => {
    await using api = await RunningApi.start()
    api.view.put('LINK', 'a', { octets: 2n ** 60n })
    expect((await get(`${api.url}/links`)).body).toMatchObject([{ octets: '1152921504606846976' }])
  })

  describe('watch', () => {
    it('sends the array, then each changed object in a chunk of its own, without separator (vector 61)', async () => {
      await using api = await RunningApi.start()
      api.view.put('ROUTER', 'fz6wq:0', { name: '0/west' })
      const stream = api.watch('/topology?watch=1')
      await expect.poll(() => stream.values, PATIENCE).toHaveLength(1)
      api.view.put('ROUTER', 'fz6wq:0', { name: '0/west', mode: 'interior' })
      api.view.put('LINK', 'fz6wq:1', { direction: 'incoming' })
      api.view.put('LINK', 'fz6wq:1~', { direction: 'outgoing' })
      await expect.poll(() => stream.values, PATIENCE).toHaveLength(3)
      expect(stream.headers).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
      expect(stream.headers).toMatch(/\r\ncontent-type: application\/json(\r\n|$)/)
      expect(stream.chunks).toEqual([
        '[{"name":"0/west","recordType":"ROUTER","identity":"fz6wq:0","rtype":"ROUTER","id":"fz6wq:0"}]',
        '{"name":"0/west","mode":"interior","recordType":"ROUTER","identity":"fz6wq:0","rtype":"ROUTER","id":"fz6wq:0"}',
        '{"direction":"incoming","recordType":"LINK","identity":"fz6wq:1","rtype":"LINK","id":"fz6wq:1"}',
      ])
    })

    it('works on every path (defect 16: images crashed the server)', async () => {
      await using api = await RunningApi.start()
      const types = { images: 'IMAGE', sites: 'SITE', processes: 'PROCESS', 'record?id=SITE': 'SITE' }
      for (const [path, type] of Object.entries(types)) {
        const stream = api.watch(`/${path}${path.includes('?') ? '&' : '?'}watch=true`)
        await expect.poll(() => stream.values, PATIENCE).toHaveLength(1)
        api.view.put(type, type, { name: path })
        await expect.poll(() => stream.values[1], PATIENCE).toMatchObject({ id: type, name: path })
        stream.close()
      }
    })

    it('begins before its address exists (defect 28: kept as it was)', async () => {
      await using api = await RunningApi.start()
      const stream = api.watch('/flows?vanaddr=backend:8080&watch=1')
      await expect.poll(() => stream.values, PATIENCE).toEqual([[]])
      api.view.put('VAN_ADDRESS', 'col:0', { name: 'backend:8080' })
      await expect.poll(() => stream.values[1], PATIENCE).toMatchObject({ id: 'col:0' })
    })

    it('ends in good order when the server stops', async () => {
      await using api = await RunningApi.start()
      const stream = api.watch('/links?watch=1')
      await expect.poll(() => stream.values, PATIENCE).toHaveLength(1)
      await api.server.stop()
      await expect.poll(() => stream.isClosed, PATIENCE).toBe(true)
      expect(stream.isComplete).toBe(true)
    })

    it('forgets clients that leave (defect 17)', async () => {
      await using api = await RunningApi.start()
      const streams = Array.from({ length: 20 }, () => api.watch('/links?watch=1'))
      await expect.poll(() => api.hub.watchers, PATIENCE).toBe(20)
      for (const stream of streams) stream.close()
      api.view.put('LINK', 'a')
      await expect.poll(() => api.hub.watchers, PATIENCE).toBe(0)
      expect(api.view.subscribers).toBe(0)
    })

    it('refuses more watchers than it may have', async () => {
      await using api = await RunningApi.start({}, { maxWatchers: 1 })
      api.watch('/links?watch=1')
      await expect.poll(() => api.hub.watchers, PATIENCE).toBe(1)
      expect(await get(`${api.url}/links?watch=1`)).toMatchObject({ status: 503, body: { error: 'too many watchers' } })
      expect(api.hub.turnedAway).toBe(1)
    })
  })

  describe('queries', () => {
    it('are percent-decoded, with values that hold "=" (defect 18)', async () => {
      await using api = await RunningApi.start()
      api.view.put('VAN_ADDRESS', 'col:0', { name: 'a=b&c/d e' })
      const { body } = await get(`${api.url}/flows?vanaddr=${encodeURIComponent('a=b&c/d e')}`)
      expect(body).toMatchObject([{ id: 'col:0' }])
      api.view.put('VAN_ADDRESS', 'col:1', { name: 'k=v' })
      expect((await get(`${api.url}/flows?vanaddr=k=v`)).body).toMatchObject([{ id: 'col:1' }])
    })

    it('take a repeated vanaddr as several addresses (defect 18)', async () => {
      await using api = await RunningApi.start()
      api.view.put('VAN_ADDRESS', 'col:0', { name: 'a' })
      api.view.put('VAN_ADDRESS', 'col:1', { name: 'b' })
      const { body } = await get(`${api.url}/flows?vanaddr=b&vanaddr=a&vanaddr=b`)
      expect(body).toMatchObject([{ id: 'col:1' }, { id: 'col:0' }])
    })

    it('without vanaddr are refused with status 400 (defect 19)', async () => {
      await using api = await RunningApi.start()
      for (const query of ['', '?vanaddr=', '?watch=1', '?vanadr=a']) {
        const answer = await get(`${api.url}/flows${query}`)
        expect(answer.status).toBe(400)
        expect(answer.body).toEqual({ error: 'Bad request - vanaddr argument missing' })
      }
    })

    it('give records in the order of the ids, and skip unknown ones (vector 61)', async () => {
      await using api = await RunningApi.start()
      api.view.put('SITE', 'a')
      api.view.put('SITE', 'b')
      expect((await get(`${api.url}/record?id=b&id=x&id=a`)).body).toMatchObject([{ id: 'b' }, { id: 'a' }])
      expect((await get(`${api.url}/record`)).body).toEqual([])
    })

    it.each([
      ['links', true],
      ['sites', true],
      ['addresses', true],
      ['topology', false],
      ['record?id=LINK', false],
    ])('of %s hold what has ended unless told otherwise: %s (defect 21)', async (path, byDefault) => {
      await using api = await RunningApi.start()
      for (const type of ['LINK', 'SITE', 'VAN_ADDRESS']) api.view.put(type, type, { endTime: 5 })
      const count = async (flag: string) => {
        const { body } = await get(`${api.url}/${path}${path.includes('?') ? '&' : '?'}${flag}`)
        return (body as unknown[]).length
      }
      expect(await count('')).toBe(byDefault ? 1 : 0)
      expect(await count('includeDeleted=1')).toBe(1)
      expect(await count('includeDeleted=true')).toBe(1)
      expect(await count('includeDeleted=0')).toBe(0)
      expect(await count('includeDeleted=yes')).toBe(0)
    })
  })

  describe('refusals', () => {
    const refusals: [method: string, path: string, error: string][] = [
      ['DELETE', '/flows', 'Bad request - Unsupported Method'],
      ['POST', '/links', 'Bad request - Unsupported Method'],
      ['GET', '/nonsense', 'Bad request - Invalid GET Query'],
      ['GET', '/links/', 'Bad request - Invalid GET Query'],
      ['GET', '', 'Bad request - Invalid GET Query'],
      ['GET', '/flows', 'Bad request - vanaddr argument missing'],
    ]

    it.each(refusals)('%s %s is a 400 of type JSON (defect 20)', async (method, path, error) => {
      await using api = await RunningApi.start()
      const answer = await get(`${api.url}${path}`, { method })
      expect(answer.status).toBe(400)
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
      expect(answer.body).toEqual({ error })
    })

    it('carry CORS headers too, and a preflight is granted, when USE_CORS is on (defect 20)', async () => {
      await using api = await RunningApi.start({ cors: true })
      const headers = { Origin: 'http://console.example', 'Access-Control-Request-Method': 'GET' }
      for (const [method, path] of [['GET', '/links'], ...refusals]) {
        const answer = await get(`${api.url}${path}`, { method: method ?? 'GET', headers })
        expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      }
      const preflight = await get(`${api.url}/links`, { method: 'OPTIONS', headers })
      expect(preflight.status).toBe(204)
      expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, POST, OPTIONS, PUT, PATCH, DELETE')
    })

    it('and answers carry no CORS headers otherwise', async () => {
      await using api = await RunningApi.start()
      for (const path of ['/links', '/nonsense']) {
        expect((await get(`${api.url}${path}`)).headers.get('access-control-allow-origin')).toBeNull()
      }
    })

    it('watch streams carry CORS headers when USE_CORS is on', async () => {
      await using api = await RunningApi.start({ cors: true })
      const stream = api.watch('/links?watch=1')
      await expect.poll(() => stream.headers, PATIENCE).toMatch(/access-control-allow-origin: \*/)
    })
  })
})

describe('the rest of the server (defect 24)', () => {
  it('tells its health and whether it is ready', async () => {
    let isReady = false
    const sources = { live: 0, stale: 3 }
    const readiness = () => ({ isReady, reason: 'no router answers', sources })
    await using api = await RunningApi.start({ readiness })
    expect(await get(`${api.server.address}/healthz`)).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(await get(`${api.server.address}/readyz`)).toMatchObject({
      status: 503,
      body: { status: 'not ready', reason: 'no router answers', sources },
    })
    isReady = true
    expect(await get(`${api.server.address}/readyz`)).toMatchObject({ status: 200, body: { status: 'ready' } })
  })

  it('answers its probes by HEAD too, as load balancers ask', async () => {
    let isReady = true
    const readiness = () => ({ isReady, reason: '', sources: { live: 0, stale: 0 } })
    await using api = await RunningApi.start({ readiness })
    const head = async (path: string) => {
      const { status, text } = await get(`${api.server.address}${path}`, { method: 'HEAD' })
      return [status, text]
    }
    expect(await head('/healthz')).toEqual([200, ''])
    expect(await head('/readyz')).toEqual([200, ''])
    isReady = false
    expect(await head('/readyz')).toEqual([503, ''])
  })

  it('serves metrics block by block', async () => {
    await using api = await RunningApi.start()
    const response = await fetch(`${api.server.address}/metrics`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toBe('a 1\nb 2\n')
  })

  it('names the port that is taken', async () => {
    await using api = await RunningApi.start()
    const port = Number(new URL(api.server.address).port)
    await expect(RunningApi.start({ port })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
  })

  it('names an address that is not of this host', async () => {
    const access = { ...NO_ACCESS_FILES, access: 'open' as const }
    await expect(RunningApi.start({ host: '192.0.2.1', access })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: expect.stringContaining('the API cannot listen on 192.0.2.1:0') as string,
    })
  })

  it('stops while a client is in the middle of a list, twice if need be', async () => {
    await using api = await RunningApi.start()
    for (let index = 0; index < 20_000; index += 1) api.view.put('LINK', `a:${index}`, { name: 'x'.repeat(200) })
    const stream = api.watch('/links')
    stream.socket.pause()
    await expect.poll(() => stream.socket.bytesRead, PATIENCE).toBeGreaterThan(0)
    await api.server.stop()
    await api.server.stop()
    stream.socket.resume()
    await expect.poll(() => stream.isClosed, PATIENCE).toBe(true)
  })
})
