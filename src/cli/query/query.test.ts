import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { linesOf, smallVan } from '../../../test/support/query.ts'
import { runCommand } from '../../../test/support/run-command.ts'
import { RunningApi } from '../../../test/support/running-api.ts'
import { fillSmallVan } from '../../../test/support/small-van.ts'

describe('topology', () => {
  const peers = async (api: RunningApi, ...words: string[]): Promise<[string, string, string][]> => {
    const { stdout } = await runCommand(['topology', ...words, '-o', 'json', '--server', api.server.address])
    const rows = JSON.parse(stdout) as { router: string; site: string; peer: string }[]
    return rows.map(({ router, site, peer }) => [router, site, peer])
  }

  it('tells routers of one name apart', async () => {
    await using api = await smallVan()
    api.view.put('ROUTER', 'bbbbb:0', { parent: 'site-1', name: '0/east' })
    api.view.put('ROUTER', 'ccccc:0', { parent: 'site-1', name: '0/alone' })
    expect(await peers(api)).toEqual([
      ['0/alone', 'east', ''],
      ['0/alone', 'west', ''],
      ['0/east', 'west', ''],
      ['0/east', 'east', '0/west'],
      ['0/west', 'west', '0/east'],
    ])
  })

  it('shows a link that one end alone tells of: of an edge router of 2.x, or one that was never up', async () => {
    await using api = await smallVan()
    api.view.put('LINK', 'aaaaa:1', { parent: 'aaaaa:0', name: '0/east', mode: 'edge', direction: 'outgoing' })
    const down = { operStatus: 'down', reason: 'no route', role: 'inter-router' }
    api.view.put('LINK', 'fz6wq:9', { ...down, parent: 'fz6wq:0', name: 'link-to-north', direction: 'outgoing' })
    expect(await peers(api)).toEqual([
      ['0/alone', 'east', '0/east'],
      ['0/east', 'east', '0/alone'],
      ['0/east', 'east', '0/west'],
      ['0/west', 'west', '0/east'],
      ['0/west', 'west', 'link-to-north'],
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
