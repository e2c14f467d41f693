import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NO_ACCESS_FILES } from '../../../test/support/http-access.ts'
import { smallVan } from '../../../test/support/query.ts'
import { RunningApi } from '../../../test/support/running-api.ts'
import { fillSmallVan } from '../../../test/support/small-van.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { ApiClient } from './api-client.ts'
import { addressesQuery, flowsQuery } from './queries.ts'
import type { Query } from './query.ts'
import { follow } from './run-query.ts'
import { type Screen, showOn } from './show.ts'

const tokenFile = join(testFolder(), 'tokens')
const ADDRESSES = addressesQuery({ ended: false })

/** A screen that keeps what is written. */
function screenOf(isTerminal: boolean): Screen & { text: string } {
  return {
    text: '',
    isTerminal,
    size: () => ({ columns: 40, rows: 3 }),
    write(text) {
      this.text += text
    },
  }
}

/** Follows a query as `--watch` does; `stop` ends it as its user would. */
function watch<Row>(
  api: RunningApi,
  query: Query<Row>,
  how: { isTerminal?: boolean; output?: 'table' | 'jsonl'; includeEnded?: boolean; token?: string } = {},
) {
  const { isTerminal = false, output = 'table', includeEnded = true, token } = how
  const screen = screenOf(isTerminal)
  const client = new ApiClient(api.server.address, token === undefined ? {} : { token })
  const stopped = new AbortController()
  const show = showOn(screen, query, { output, includeEnded })
  const following = follow(query, client, includeEnded, show, stopped.signal)
  const stop = async () => {
    stopped.abort()
    await following
  }
  return { screen, following, stop }
}

describe('--watch', () => {
  it('prints a line for each row that is new or changed, where there is no terminal', async () => {
    await using api = await smallVan()
    const { screen, stop } = watch(api, ADDRESSES)
    await expect.poll(() => screen.text.split('\n')).toHaveLength(4)
    api.view.put('VAN_ADDRESS', 'col:0', { name: 'backend:8080', connectorCount: 2, totalFlows: 11, currentFlows: 4 })
    await expect.poll(() => screen.text.split('\n').at(-2)).toMatch(/^backend:8080 +2 +11 +4$/)
    await stop()
    expect(screen.text.split('\n')).toHaveLength(5)
  })

  it('prints headings above the first rows, as wide as they need, where there are none yet', async () => {
    await using api = await RunningApi.start()
    const { screen, stop } = watch(api, ADDRESSES)
    await expect.poll(() => api.hub.watchers).toBe(1)
    fillSmallVan(api.view)
    await expect.poll(() => screen.text.split('\n')).toHaveLength(4)
    expect(screen.text).toMatch(/^address {7}listeners/)
    await stop()
  })

  it('prints changed rows as JSON lines, joined over several streams', async () => {
    await using api = await smallVan()
    const { screen, stop } = watch(api, flowsQuery(['backend:8080'], { ended: false }), { output: 'jsonl' })
    await expect.poll(() => screen.text.trimEnd().split('\n')).toHaveLength(4)
    api.view.put('PROCESS', 'p1', { name: 'renamed', parent: 'site-1' })
    await expect.poll(() => screen.text).toContain('"process":"renamed"')
    await stop()
  })

  it('draws the table again on a terminal, cut to its size', async () => {
    await using api = await smallVan()
    const { screen, stop } = watch(api, ADDRESSES, { isTerminal: true, includeEnded: false })
    const home = '\u001b[H\u001b[J'
    const heading = 'address   listeners  targets  total flow'
    await expect.poll(() => screen.text).toBe(`${home}${heading}\n… 2 more\n`)
    api.view.put('VAN_ADDRESS', 'col:0', { name: 'backend:8080', endTime: 5 })
    const redrawn = 'address  listeners  targets  total flows\nadb              1        1            0\n'
    await expect.poll(() => screen.text.split(home).at(-1)).toBe(redrawn)
    await stop()
  })

  it('says that its token was withdrawn', async () => {
    const token = 'a-token-that-is-long-enough'
    writeFileSync(tokenFile, `${token}\n`)
    await using api = await RunningApi.start({ access: { ...NO_ACCESS_FILES, tokenFile } })
    fillSmallVan(api.view)
    const { screen, following } = watch(api, ADDRESSES, { token })
    const failure = expect(following).rejects.toMatchObject({ code: 'COLLECTOR_UNAUTHORIZED' })
    await expect.poll(() => screen.text).not.toBe('')
    writeFileSync(tokenFile, 'another-token-long-enough\n')
    await failure
  })

  it('says that the collector ended the stream', async () => {
    const api = await smallVan()
    const { screen, following } = watch(api, ADDRESSES)
    const failure = expect(following).rejects.toMatchObject({ code: 'COLLECTOR_ENDED_WATCH' })
    await expect.poll(() => screen.text).not.toBe('')
    await api[Symbol.asyncDispose]()
    await failure
  })
})
