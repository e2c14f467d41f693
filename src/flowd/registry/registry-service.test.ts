import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { unitContext } from '../../../test/support/flowd/unit-context.ts'
import { RegistryService } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-registry-'))
const cache = join(folder, 'registry.json')
let server: Server
let url = ''
/** What the server answers; undefined for no answer at all. */
let answer: { status: number; body: string } | undefined

beforeAll(async () => {
  server = createServer((_request, response) => {
    if (answer !== undefined) response.writeHead(answer.status).end(answer.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api.json`
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})
beforeEach(() => {
  rmSync(cache, { force: true })
  answer = { status: 200, body: listOf('icecube') }
})

function listOf(expName: string): string {
  return JSON.stringify({ experiments: [{ expName, expId: 900, activities: [] }], version: 1, modified: expName })
}

async function running(source: string, refreshHours = 24) {
  const { log, lines } = unitContext()
  const service = new RegistryService({ source, refreshHours }, cache, log)
  await service.start()
  return { service, lines, name: () => service.current.experimentName(900) }
}

describe('RegistryService', () => {
  it('keeps the built-in list, and asks nobody, without a source', async () => {
    const { service, name } = await running('')
    expect(name()).toBeUndefined()
    expect(service.current.experimentId('cms')).toBe(3)
    await service.stop()
    expect(existsSync(cache)).toBe(false)
  })

  it('takes a file at its start, and again when asked', async () => {
    const file = join(folder, 'list.json')
    writeFileSync(file, listOf('icecube'))
    for (const source of [file, `file://${file}`]) {
      const { service, name } = await running(source)
      expect(name()).toBe('icecube')
      writeFileSync(file, listOf('hyperk'))
      await service.refresh()
      expect(name()).toBe('hyperk')
      await service.stop()
      writeFileSync(file, listOf('icecube'))
    }
    expect(existsSync(cache)).toBe(false)
  })

  it('takes a URL in the background, and remembers it for the next start', async () => {
    const first = await running(url)
    await expect.poll(first.name).toBe('icecube')
    await first.service.stop()
    expect(readFileSync(cache, 'utf8')).toBe(listOf('icecube'))

    answer = undefined
    const second = await running(url)
    expect(second.name()).toBe('icecube')
    server.closeAllConnections()
    await expect.poll(() => second.lines).toMatchObject([{ level: 'warn' }])
    await second.service.stop()
  })

  it('stops without the answer of a server that does not give one', async () => {
    answer = undefined
    const asked = once(server, 'request')
    const { service, lines } = await running(url)
    await asked
    await service.stop()
    expect(lines).toEqual([])
  })

  it.each([
    ['an error', { status: 500, body: listOf('bad') }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['a wrong list', { status: 200, body: '{"experiments":[{}]}' }],
    ['a list that is too large', { status: 200, body: `${' '.repeat(1 << 20)}${listOf('bad')}` }],
  ])('stays as it was when the server answers with %s', async (_what, bad) => {
    answer = bad
    const { service, lines, name } = await running(url)
    await service.refresh()
    expect(name()).toBeUndefined()
    expect(service.current.experimentId('cms')).toBe(3)
    expect(lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('stays as it was') as string }])
    await service.stop()
    expect(existsSync(cache)).toBe(false)
  })

  it('says when what it remembers is damaged, and goes on', async () => {
    writeFileSync(cache, '{')
    const { service, lines, name } = await running(url)
    await expect.poll(name).toBe('icecube')
    expect(lines[0]).toMatchObject({ level: 'warn' })
    await service.stop()
  })

  it.each([24, 8760])('reads a source again in time: after %d hours, and not before', async refreshHours => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const file = join(folder, `list-${refreshHours}.json`)
      writeFileSync(file, listOf('icecube'))
      const { service, name } = await running(file, refreshHours)
      writeFileSync(file, listOf('hyperk'))
      const asked = vi.spyOn(service, 'refresh')
      vi.advanceTimersByTime(refreshHours * 3_600_000 - 1)
      expect(asked).not.toHaveBeenCalled()
      vi.advanceTimersByTime(1)
      await expect.poll(name).toBe('hyperk')
      await service.stop()
    } finally {
      vi.useRealTimers()
    }
  })

  it('asks a source that failed soon again, then less and less often', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const file = join(folder, 'comes-late.json')
      const { service, lines, name } = await running(file)
      for (const [index, minutes] of [1, 2, 4].entries()) {
        await expect.poll(() => lines).toHaveLength(index + 1)
        await expect.poll(() => vi.getTimerCount()).toBe(1)
        if (minutes === 4) writeFileSync(file, listOf('icecube'))
        vi.advanceTimersByTime(minutes * 60_000)
      }
      await expect.poll(name).toBe('icecube')
      await service.stop()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('is renewed where it cannot be kept for the next start, and says so', async () => {
    mkdirSync(cache)
    const { service, lines, name } = await running(url)
    await expect.poll(name).toBe('icecube')
    await service.stop()
    rmSync(cache, { recursive: true })
    expect(lines.map(({ message }) => message)).toContain('the registry cannot be kept for the next start')
    expect(lines.map(({ message }) => message)).not.toContain('the registry cannot be renewed, it stays as it was')
  })
})
