import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NO_ACCESS_FILES } from '../../../test/support/http-access.ts'
import { smallVan } from '../../../test/support/query.ts'
import { RunningApi } from '../../../test/support/running-api.ts'
import { fillSmallVan } from '../../../test/support/small-van.ts'
import { ApiClient } from './api-client.ts'
import { addressesQuery, flowsQuery } from './queries.ts'
import { follow } from './run-query.ts'
import { type Screen, showOn } from './show.ts'

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
