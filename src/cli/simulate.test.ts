import { afterEach, describe, expect, it, vi } from 'vitest'
import { runCommandLine } from './run-command-line.ts'

const simulate = (...words: string[]) => runCommandLine(['simulate', 'van', ...words], {})

describe('simulate van', () => {
  afterEach(() => vi.restoreAllMocks())

  it('says where it listens, and ends by a signal', async () => {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    const ended = simulate('--listen', '127.0.0.1:0', '--routers', '2', '--dialect', 'router-2.7', 'controller-none')
    await vi.waitFor(() => expect(written).toHaveBeenCalled())
    expect(written.mock.calls[0]![0]).toMatch(/^simulated network of 2 routers ready on amqp:\/\/127\.0\.0\.1:\d+\n$/)
    process.emit('SIGTERM')
    expect(await ended).toBe(0)
  })

  it.each([
    ['a fault that there is none of', ['--fault', 'flood=1'], /--fault knows no 'flood'/],
    ['a mishap that there is none of', ['--every', 'flood=1'], /--every knows no 'flood'/],
    ['a dialect that there is none of', ['--dialect', 'router-9'], /--dialect knows no 'router-9'/],
    ['a pair without a value', ['--fault', 'drop'], /NAME=NUMBER/],
    ['a rate that is no number', ['--rate', 'x'], /not below 0/],
    ['half a router', ['--routers', '0.5'], /whole number/],
    ['no router', ['--routers', '0'], /at least 1/],
    ['time that stands still', ['--speed', '0'], /above 0/],
    ['an address without a port', ['--listen', 'localhost'], /HOST:PORT/],
  ])('refuses %s', async (_what, words, message) => {
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(await simulate(...words)).toBe(2)
    expect(written.mock.calls.map(([text]) => text).join('')).toMatch(message)
  })

  it('refuses a recording that is none, with its remedy', async () => {
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(await simulate('--replay', '/nowhere/at-all.jsonl')).toBe(78)
    expect(written.mock.calls.join('')).toContain('CAPTURE_UNREADABLE')
  })
})
