import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NO_ACCESS_FILES } from '../../../test/support/http-access.ts'
import { runCommand } from '../../../test/support/run-command.ts'
import { RunningApi } from '../../../test/support/running-api.ts'
import { fillSmallVan } from '../../../test/support/small-van.ts'
import { ApiClient } from './api-client.ts'
import { addressesQuery, flowsQuery } from './queries.ts'
import { follow } from './run-query.ts'
import { type Screen, showOn } from './show.ts'

async function smallVan(): Promise<RunningApi> {
  const api = await RunningApi.start()
  fillSmallVan(api.view)
  return api
}

/** What a command prints of the small network, line by line. */
async function linesOf(...words: string[]): Promise<string[]> {
  await using api = await smallVan()
  const { code, stdout, stderr } = await runCommand([...words, '--server', api.server.address])
  expect([code, stderr]).toEqual([0, ''])
  return stdout.trimEnd().split('\n')
}

describe('the query commands print aligned tables with the columns of the prototype', () => {
  it('addresses', async () => {
    expect(await linesOf('addresses')).toEqual([
      'address       listeners  targets  total flows  current flows',
      'adb                   1        1            0              0',
      'backend:8080          1        2           10              3',
    ])
  })

  it('addresses, with what keeps one from being served', async () => {
    await using api = await smallVan()
    api.view.put('VAN_ADDRESS', 'col:1', { name: 'adb', listenerCount: 1, connectorCount: 0 })
    api.view.put('VAN_ADDRESS', 'col:2', { name: 'cart', listenerCount: 0, connectorCount: 2 })
    api.view.put('VAN_ADDRESS', 'col:3', { name: 'mail', listenerCount: 0, connectorCount: 0 })
    const { stdout } = await runCommand(['addresses', '--server', api.server.address])
    expect(stdout).toMatch(
      /flows +problem\nadb .* no target\nbackend:8080 +1 +2 +10 +3\ncart .* no listener\nmail .* neither/,
    )
  })

  it('sites', async () => {
    expect(await linesOf('sites')).toEqual([
      'site  namespace  location  provider  platform    age',
      'east  ns-east    Geneva              podman',
      'west  ns-west              aws       kubernetes',
    ])
  })

  it('sites, with the version that controllers of Skupper 1.x and 2.x each tell in their way', async () => {
    await using api = await smallVan()
    api.view.put('SITE', 'site-3', { name: 'new', buildVersion: '2.2.1' })
    api.view.put('SITE', 'site-4', { name: 'old', version: '1.8.2' })
    const { stdout } = await runCommand(['sites', '--server', api.server.address])
    expect(stdout).toMatch(/version +age\n.*\nnew +2\.2\.1\nold +1\.8\.2\n/)
  })

  it('flows: both sides joined, requests below connections, and one side alone where the other is unknown', async () => {
    expect(await linesOf('flows', 'backend:8080')).toEqual([
      'addr          proto     c.site  c.proc    c.port  c.oct    c.lat  s.oct   s.lat  s.proc    s.port  s.site    dur  res',
      'backend:8080  tcp       west    client    40000   500 B  1.50 ms  700 B  900 µs  10.0.0.6  8080    east    5.0 s',
      'backend:8080  HTTP/1.1  west    client    40000     0 B            45 B          10.0.0.6  8080    east           GET 200',
      'backend:8080  tcp       west    10.9.9.9  7',
      'backend:8080  tcp                                                   3 B          10.0.0.6  8080    east',
    ])
  })

  it('flows, summed by who talks with whom', async () => {
    await using api = await smallVan()
    api.view.put('PROCESS', 'p1', { parent: 'site-1', name: 'client-1', group: 'clients' })
    api.view.put('PROCESS', 'p2', { parent: 'site-1', name: 'client-2', group: 'clients' })
    const flow = { vanAddress: 'backend:8080', startTime: 1_700_000_000_000_000 }
    const client = { ...flow, parent: 'fz6wq:2', process: 'p2', sourcePort: '40001', octets: 1500, latency: 2500 }
    api.view.put('FLOW', 'fz6wq:6', { ...client, duration: 90_000_000 })
    api.view.put('FLOW', 'fz6wq:6~c', {
      ...flow,
      parent: 'hk2pv:2',
      counterflow: 'fz6wq:6',
      octets: 300,
      reason: 'reset',
    })
    const request = { ...flow, parent: 'fz6wq:6', method: 'GET', result: '503', octets: 7 }
    api.view.put('FLOW', 'fz6wq:7', request)
    api.view.put('FLOW', 'fz6wq:7~c', { ...request, parent: 'fz6wq:6~c', counterflow: 'fz6wq:7', octets: 70 })
    const { stdout } = await runCommand(['flows', 'backend:8080', '--sum', '--server', api.server.address])
    expect(stdout.split('\n')).toEqual([
      'addr          c.site  client    s.site  server    connections  requests  errors    c.oct    s.oct    c.lat   s.lat  longest',
      'backend:8080  west    clients   east    10.0.0.6            2         2       2  2.00 kB  1.00 kB  2.00 ms  900 µs    1m30s',
      'backend:8080                    east    10.0.0.6            1         0       0      0 B      3 B',
      'backend:8080  west    10.9.9.9                              1         0       0      0 B      0 B',
      '',
    ])
  })

  it('routers', async () => {
    expect(await linesOf('routers')).toEqual([
      'router   site  mode      version  age',
      '0/alone  east  edge',
      '0/east   east  interior  3.5.1',
      '0/west   west  interior  3.5.1',
    ])
  })

  it('links, from each end', async () => {
    expect(await linesOf('links')).toEqual([
      'router  site  direction  peer    mode      cost  status  since  octets  octets back',
      '0/east  east  incoming   0/west  interior     1  up               10 B         20 B',
      '0/west  west  outgoing   0/east  interior     1  up               10 B         20 B',
    ])
  })

  it('links, since when one is down, how often it was, and why', async () => {
    await using api = await smallVan()
    const times = { startTime: 1_000_000, duration: 99_000_000, upTimeStamp: 2_000_000, downTimeStamp: 40_000_000 }
    const down = { operStatus: 'down', downCount: 3, reason: 'connection aborted', direction: 'outgoing' }
    api.view.put('LINK', 'fz6wq:1', { ...times, ...down, parent: 'fz6wq:0', name: '0/east' })
    api.view.put('LINK', 'fz6wq:1~p', { ...times, operStatus: 'up', downCount: 0, parent: 'hk2pv:0', name: '0/west' })
    const { stdout } = await runCommand(['links', '--server', api.server.address])
    const [heading, up, broken] = stdout.split('\n')
    expect(heading).toMatch(/status +since +octets +octets back +times down +reason$/)
    expect(up).toMatch(/up +1m38s$/)
    expect(broken).toMatch(/down +1m00s +3 +connection aborted$/)
  })

  it('topology, with routers that stand alone', async () => {
    expect(await linesOf('topology')).toEqual([
      'router   site  direction  peer    mode      cost  status  since',
      '0/alone  east',
      '0/east   east  incoming   0/west  interior     1  up',
      '0/west   west  outgoing   0/east  interior     1  up',
    ])
  })
})

describe('the query commands', () => {
  it('print JSON, and one object a line', async () => {
    const array = JSON.parse((await linesOf('sites', '-o', 'json')).join('\n')) as unknown
    expect(array).toMatchObject([{ id: 'site-2', name: 'east' }, { id: 'site-1' }])
    const lines = await linesOf('flows', 'backend:8080', '-o', 'jsonl')
    expect(lines.map(line => (JSON.parse(line) as { id: string }).id)).toEqual([
      'fz6wq:3',
      'fz6wq:5',
      'fz6wq:4',
      'hk2pv:9',
    ])
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ client: { process: 'client' }, server: { octets: 700 } })
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ method: 'GET', result: '200' })
    // What is not known is not there, rather than something that is no number.
    expect(JSON.parse(lines[3] ?? '')).toMatchObject({
      client: { site: '', process: '', port: '' },
      server: { octets: 3 },
    })
    expect(lines.join()).not.toMatch(/(octets|Us|octetRate)":""/)
  })

  it('leave out what has ended, unless asked for it', async () => {
    await using api = await smallVan()
    api.view.put('SITE', 'site-2', { name: 'east', endTime: 5 })
    const count = async (...words: string[]) => {
      const { stdout } = await runCommand(['sites', ...words, '-o', 'jsonl', '--server', api.server.address])
      return stdout.trimEnd().split('\n').length
    }
    expect([await count(), await count('--ended')]).toEqual([1, 2])
    api.view.put('SITE', 'site-1', { name: 'west', endTime: 5, endReason: 'silent' })
    const { stdout } = await runCommand(['sites', '--ended', '--server', api.server.address])
    expect(stdout.split('\n').map(line => line.split(/\s+/).at(-1))).toEqual(['ended', 'reported', 'silent', ''])
  })

  it('say when nothing is known of an address, and which may be meant, and show the others', async () => {
    await using api = await smallVan()
    const server = ['--server', api.server.address]
    const { code, stdout, stderr } = await runCommand(['flows', 'backend:8080', 'bakend:8080', 'x', ...server])
    expect(code).toBe(1)
    expect(stdout.split('\n')).toHaveLength(6)
    expect(stderr).toBe(
      "error ADDRESS_UNKNOWN: no service address is called 'bakend:8080', 'x'\n" +
        "remedy: did you mean 'backend:8080'? 'tidemark addresses' lists those that are known\n",
    )
  })

  it('print no table of flows when none of the addresses is known', async () => {
    await using api = await smallVan()
    const { code, stdout, stderr } = await runCommand(['flows', 'x', '--server', api.server.address])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^error ADDRESS_UNKNOWN: .* 'x'\nremedy: 'tidemark addresses' lists/)
  })

  it('show the flows of all addresses when none is named, however many there are', async () => {
    expect(await linesOf('flows')).toEqual(await linesOf('flows', 'backend:8080'))
    await using api = await smallVan()
    for (let index = 0; index < 500; index += 1) api.view.put('VAN_ADDRESS', `x:${index}`, { name: `service-${index}` })
    const { code, stdout } = await runCommand(['flows', '--server', api.server.address])
    expect([code, stdout.split('\n').length]).toEqual([0, 6])
  })

  it.each([
    [
      { isReady: false, sources: { live: 0, stale: 2 } },
      'the collector does not see the network, so what is shown may be out of date: x',
    ],
    [
      { isReady: true, sources: { live: 4, stale: 1 } },
      '1 of 5 routers and controllers are silent; what they told may be',
    ],
  ])('tell when the collector %s', async (state, note) => {
    await using api = await RunningApi.start({ readiness: () => ({ ...state, reason: 'x' }) })
    fillSmallVan(api.view)
    const { code, stdout, stderr } = await runCommand(['sites', '-o', 'json', '--server', api.server.address])
    expect([code, JSON.parse(stdout)]).toMatchObject([0, [{ name: 'east' }, { name: 'west' }]])
    expect(stderr).toMatch(new RegExp(`^note: ${note}`))
  })

  it.each([
    [false, 0, 'the collector does not see the network, so nothing is known: x'],
    [true, 0, 'no router has told of itself yet; each does so within 10 s'],
    [true, 3, 'there is nothing to show; --ended shows what has ended, while it is kept'],
  ])('say why there is nothing to show: connected %s, %s sources', async (isReady, live, note) => {
    await using api = await RunningApi.start({
      readiness: () => ({ isReady, reason: 'x', sources: { live, stale: 0 } }),
    })
    const { code, stderr } = await runCommand(['sites', '--server', api.server.address])
    expect([code, stderr]).toEqual([0, `note: ${note}\n`])
  })

  it('take a collector that tells nothing of itself as it is', async () => {
    const other = createServer((request, response) =>
      response.writeHead(request.url === '/readyz' ? 400 : 200).end('[]'),
    )
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    expect(await runCommand(['sites', '--server', `http://127.0.0.1:${port}`])).toMatchObject({ code: 0, stderr: '' })
    other.close()
  })

  it('say when HTTPS was asked of a port without it', async () => {
    await using api = await smallVan()
    const { stderr } = await runCommand(['sites', '--server', api.server.address.replace('http:', 'https:')])
    expect(stderr).toContain('no TLS is spoken there; perhaps http:// is meant\n')
  })

  it('say what to do when no collector answers', async () => {
    const { code, stderr } = await runCommand(['sites', '--server', 'http://127.0.0.1:9'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error COLLECTOR_UNREACHABLE: no collector answers at http:\/\/127\.0\.0\.1:9: .*REFUSED/)
    expect(stderr).toMatch(/\nremedy: start one with 'tidemark collector run', or name another/)
  })

  it('say so when something else answers', async () => {
    const other = createServer((_request, response) => response.writeHead(404).end('not here'))
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    const address = other.address() as { port: number }
    const { code, stderr } = await runCommand(['sites', '--server', `http://127.0.0.1:${address.port}`])
    other.close()
    expect([code, stderr]).toMatchObject([1, expect.stringContaining('answered with status 404: not here')])
  })

  it('refuse a server that is no URL as wrong usage', async () => {
    expect((await runCommand(['sites', '--server', 'localhost:8010'])).code).toBe(2)
  })
})

describe('--watch', () => {
  const screen = (isTerminal: boolean): Screen & { text: string } => ({
    text: '',
    isTerminal,
    size: () => ({ columns: 40, rows: 3 }),
    write(text) {
      this.text += text
    },
  })

  it('prints a line for each row that is new or changed, where there is no terminal', async () => {
    await using api = await smallVan()
    const client = new ApiClient(api.server.address)
    const query = addressesQuery({ ended: false })
    const paper = screen(false)
    const stop = new AbortController()
    const following = follow(
      query,
      client,
      true,
      showOn(paper, query, { output: 'table', includeEnded: true }),
      stop.signal,
    )
    await expect.poll(() => paper.text.split('\n')).toHaveLength(4)
    api.view.put('VAN_ADDRESS', 'col:0', { name: 'backend:8080', connectorCount: 2, totalFlows: 11, currentFlows: 4 })
    await expect.poll(() => paper.text.split('\n').at(-2)).toMatch(/^backend:8080 +2 +11 +4$/)
    stop.abort()
    await following
    expect(paper.text.split('\n')).toHaveLength(5)
  })

  it('prints headings above the first rows, as wide as they need, where there are none yet', async () => {
    await using api = await RunningApi.start()
    const query = addressesQuery({ ended: false })
    const paper = screen(false)
    const stop = new AbortController()
    const show = showOn(paper, query, { output: 'table', includeEnded: true })
    const following = follow(query, new ApiClient(api.server.address), true, show, stop.signal)
    await expect.poll(() => api.hub.watchers).toBe(1)
    fillSmallVan(api.view)
    await expect.poll(() => paper.text.split('\n')).toHaveLength(4)
    expect(paper.text).toMatch(/^address {7}listeners/)
    stop.abort()
    await following
  })

  it('prints changed rows as JSON lines, joined over several streams', async () => {
    await using api = await smallVan()
    const client = new ApiClient(api.server.address)
    const query = flowsQuery(['backend:8080'], { ended: false })
    const paper = screen(false)
    const stop = new AbortController()
    const following = follow(
      query,
      client,
      true,
      showOn(paper, query, { output: 'jsonl', includeEnded: true }),
      stop.signal,
    )
    await expect.poll(() => paper.text.trimEnd().split('\n')).toHaveLength(4)
    api.view.put('PROCESS', 'p1', { name: 'renamed', parent: 'site-1' })
    await expect.poll(() => paper.text).toContain('"process":"renamed"')
    stop.abort()
    await following
  })

  it('draws the table again on a terminal, cut to its size', async () => {
    await using api = await smallVan()
    const client = new ApiClient(api.server.address)
    const query = addressesQuery({ ended: false })
    const terminal = screen(true)
    const stop = new AbortController()
    const following = follow(
      query,
      client,
      false,
      showOn(terminal, query, { output: 'table', includeEnded: false }),
      stop.signal,
    )
    const home = '\u001b[H\u001b[J'
    const heading = 'address   listeners  targets  total flow'
    await expect.poll(() => terminal.text).toBe(`${home}${heading}\n… 2 more\n`)
    api.view.put('VAN_ADDRESS', 'col:0', { name: 'backend:8080', endTime: 5 })
    const redrawn = 'address  listeners  targets  total flows\nadb              1        1            0\n'
    await expect.poll(() => terminal.text.split(home).at(-1)).toBe(redrawn)
    stop.abort()
    await following
  })

  it('says that its token was withdrawn', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-query-'))
    const tokenFile = join(folder, 'tokens')
    writeFileSync(tokenFile, 'a-token-that-is-long-enough\n')
    await using api = await RunningApi.start({ access: { ...NO_ACCESS_FILES, tokenFile } })
    fillSmallVan(api.view)
    const query = addressesQuery({ ended: false })
    const paper = screen(false)
    const client = new ApiClient(api.server.address, { token: 'a-token-that-is-long-enough' })
    const show = showOn(paper, query, { output: 'table', includeEnded: true })
    const following = follow(query, client, true, show, new AbortController().signal)
    const failure = expect(following).rejects.toMatchObject({ code: 'COLLECTOR_UNAUTHORIZED' })
    await expect.poll(() => paper.text).not.toBe('')
    writeFileSync(tokenFile, 'another-token-long-enough\n')
    await failure
    rmSync(folder, { recursive: true })
  })

  it('says that the collector ended the stream', async () => {
    const api = await smallVan()
    const query = addressesQuery({ ended: false })
    const paper = screen(false)
    const client = new ApiClient(api.server.address)
    const show = showOn(paper, query, { output: 'table', includeEnded: true })
    const following = follow(query, client, true, show, new AbortController().signal)
    const failure = expect(following).rejects.toMatchObject({ code: 'COLLECTOR_ENDED_WATCH' })
    await expect.poll(() => paper.text).not.toBe('')
    await api[Symbol.asyncDispose]()
    await failure
  })
})
