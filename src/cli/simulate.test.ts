import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../test/support/run-command.ts'
import { CONTROLLER_DIALECTS, MISHAPS, NO_FAULTS, ROUTER_DIALECTS } from '../simulate/index.ts'
import { registerSimulate } from './simulate.ts'

const simulate = (words: readonly string[], onOutput?: (text: string) => void) =>
  runCommand(['simulate', 'van', ...words], onOutput)

describe('simulate van', () => {
  it('says where it listens, and ends by a signal', async () => {
    const words = ['--listen', '127.0.0.1:0', '--routers', '2', '--dialect', 'router-2.7', 'controller-none']
    const { code, stdout } = await simulate(words, () => process.emit('SIGTERM'))
    expect(stdout).toMatch(/^simulated network of 2 routers ready on amqp:\/\/127\.0\.0\.1:\d+\n$/)
    expect(code).toBe(0)
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
    ['more than certainty', ['--fault', 'drop=2'], /from 0 to 1/],
    ['mishaps without a pause', ['--every', 'cut=0'], /above 0/],
    ['moved times without a recording', ['--move-times'], /--move-times has an effect with --replay only/],
    ['a size of a recording', ['--replay', 'x.jsonl', '--routers', '4'], /--routers has no effect/],
    ['an address without a port', ['--listen', 'localhost'], /HOST:PORT/],
  ])('refuses %s', async (_what, words, message) => {
    const { code, stderr } = await simulate(words)
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })

  it('refuses a recording that is none, with its remedy', async () => {
    const { code, stderr } = await simulate(['--replay', '/nowhere/at-all.jsonl'])
    expect(stderr).toContain('CAPTURE_UNREADABLE')
    expect(code).toBe(78)
  })
})

describe('docs/reference/simulator.md', () => {
  it('names every option, dialect, fault and mishap', () => {
    const page = readFileSync('docs/reference/simulator.md', 'utf8')
    const program = new Command()
    registerSimulate(program)
    const options = program.commands.find(command => command.name() === 'simulate')?.commands[0]?.options ?? []
    expect(options.length).toBeGreaterThan(10)
    for (const { long } of options) expect(page).toContain(`| \`${long}`)
    for (const name of [...ROUTER_DIALECTS, ...CONTROLLER_DIALECTS, ...Object.keys(NO_FAULTS), ...MISHAPS]) {
      expect(page).toContain(`| \`${name}\` |`)
    }
  })
})
