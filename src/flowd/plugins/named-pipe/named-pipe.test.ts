import { execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { describePlugin } from '../../../../test/support/flowd/plugin-conformance.ts'
import { unitContext } from '../../../../test/support/flowd/unit-context.ts'
import { testFolder } from '../../../../test/support/test-folder.ts'
import type { Plugin } from '../../components.ts'
import type { FlowEvent } from '../../event.ts'
import { namedPipe } from './index.ts'
import type { NamedPipeOptions } from './options.ts'

const folder = testFolder()

const defaults = { mode: '0620', owner: '', group: '' }
const shared = { ...defaults, pipePath: join(folder, 'shared') }

const lineOf = ({ state, flow, experiment, activity }: FlowEvent) =>
  `${state} ${flow.protocol} ${flow.source.address} ${flow.source.port} ` +
  `${flow.destination.address} ${flow.destination.port} ${experiment} ${activity}\n`

describePlugin('namedPipe', {
  create: context => namedPipe.create(shared, context),
  tell: (_plugin, events) => appendFile(shared.pipePath, events.map(lineOf).join('')),
  tellNonsense: () => appendFile(shared.pipePath, 'start the engines\n'),
  refusalCause: 'syntax',
  reach: async () => {
    const fd = openSync(shared.pipePath, constants.O_WRONLY | constants.O_NONBLOCK)
    closeSync(fd)
  },
})

let pipes = 0
const plugins: Plugin[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const plugin of plugins.splice(0)) await plugin.stop()
})

async function running(change: Partial<NamedPipeOptions> = {}) {
  pipes += 1
  const options = { ...defaults, pipePath: join(folder, `np${pipes}`), ...change }
  const context = unitContext()
  const plugin = namedPipe.create(options, context)
  const events: FlowEvent[] = []
  await plugin.start(event => events.push(event))
  plugins.push(plugin)
  const write = (text: string) => appendFile(options.pipePath, text)
  const ports = () => events.map(({ flow }) => flow.source.port)
  return { options, context, plugin, events, ports, write, account: context.metrics.stage('plugin namedPipe') }
}

/** Fake timers stand still meanwhile. */
async function timerIsSet(): Promise<void> {
  while (vi.getTimerCount() === 0) await new Promise(resolve => setImmediate(resolve))
}

const start = (port: number) => `start tcp ::1 ${port} ::1 5777 3 14`

describe('namedPipe', () => {
  it('loses none of 10,000 lines in one write', async () => {
    const { ports, write, account } = await running()
    const expected = Array.from({ length: 10_000 }, (_, index) => index + 1)
    await write(expected.map(port => `${start(port)}\n`).join(''))
    await expect.poll(() => account.received).toBe(10_000)
    expect(ports()).toEqual(expected)
  })

  it('waits for the end of half a line', async () => {
    const { ports, write } = await running()
    for (const part of ['sta', 'rt tcp ::1 12', '34 ::1 5777 3 1', `4\n${start(2)}\n`]) {
      expect(ports()).toEqual([])
      await write(part)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    await expect.poll(ports).toEqual([1234, 2])
  })

  it('takes a last line without its end when the next begins, and when it stops', async () => {
    const { plugin, events, ports, write } = await running()
    await write(start(1))
    await write(`${start(2)}\n`)
    await expect.poll(ports).toEqual([1, 2])
    expect(events[0]).toMatchObject({ activity: 14 })
    await write(start(3))
    await plugin.stop()
    expect(ports()).toEqual([1, 2, 3])
  })

  it('loses only the line whose writer was killed in the middle of it, wherever it was cut', async () => {
    const { ports, write, account } = await running()
    const line = start(1)
    for (let cut = 1; cut < line.length - 1; cut += 1) await write(`${line.slice(0, cut)}${start(1000 + cut)}\n`)
    const cuts = Array.from({ length: line.length - 2 }, (_, index) => index + 1)
    await expect.poll(ports).toEqual(cuts.map(cut => 1000 + cut))
    expect(account.dropped()).toBe(cuts.length)
  })

  it('takes a whole last line without its end when nothing follows for long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { ports, write, account } = await running()
    await write(start(1))
    await timerIsSet()
    vi.advanceTimersByTime(4999)
    expect(ports()).toEqual([])
    vi.advanceTimersByTime(1)
    expect(ports()).toEqual([1])
    await write('\nstart tcp')
    await timerIsSet()
    vi.advanceTimersByTime(60_000)
    expect(account.received).toBe(1)
  })

  it('reads what was written just before the stop', async () => {
    const { plugin, ports, options } = await running()
    appendFileSync(options.pipePath, `${start(1)}\n`)
    await plugin.stop()
    expect(ports()).toEqual([1])
  })

  it('stops, and sees that its FIFO is gone, although somebody writes without end and faster than it reads', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { plugin, account, options } = await running()
    const fd = openSync(options.pipePath, constants.O_WRONLY)
    const writer = spawn('yes', [start(1)], { stdio: ['ignore', fd, 'ignore'] })
    closeSync(fd)
    try {
      await expect.poll(() => account.received).toBeGreaterThan(0)
      rmSync(options.pipePath)
      const received = account.received
      vi.advanceTimersByTime(2000)
      expect(existsSync(options.pipePath)).toBe(true)
      // No more than a FIFO holds: meanwhile nothing else has its turn.
      expect(account.received - received).toBeLessThanOrEqual(Math.ceil((1 << 20) / `${start(1)}\n`.length))
      await plugin.stop()
    } finally {
      writer.kill()
    }
  })

  it('tells of a bad line: its text, what, where, and the remedy; a flood of them floods no log', async () => {
    const { context, options, write, account } = await running()
    await write(`${start(1).replace(' 14', ' 64')}\n${'x'.repeat(5000)}\n${'nonsense\n'.repeat(1000)}\n\n${start(7)}\n`)
    await expect.poll(() => account.passed).toBe(1)
    expect(account.received).toBe(1003)
    expect(Object.fromEntries(account.droppedByCause)).toEqual({ ids: 1, 'too-long': 1, syntax: 1000 })
    expect(context.lines.length).toBeLessThan(20)
    expect(context.lines[0]).toEqual({
      level: 'warn',
      message: "the event is refused: activity: not in 0-63, got '64'",
      fields: {
        line: start(1).replace(' 14', ' 64'),
        path: options.pipePath,
        remedy: expect.stringContaining('SOURCE-IP') as string,
      },
    })
  })

  it('warns of what is valid and odd', async () => {
    const { context, write, ports } = await running()
    await write('start tcp ::1 1 ::1 2 600 1\nstart tcp 10.0.0.1 2 ::1 2 1 1\n')
    await expect.poll(ports).toEqual([1, 2])
    expect(context.lines.map(({ message }) => message)).toEqual([
      expect.stringContaining('experiment 600'),
      expect.stringContaining('ipv4'),
    ])
  })

  it.each(['0620', '0666', '600'])('makes the FIFO with mode %s, and removes it', async mode => {
    const { plugin, options } = await running({ mode })
    const made = statSync(options.pipePath)
    expect(made.isFIFO()).toBe(true)
    expect(made.mode & 0o777).toBe(Number.parseInt(mode, 8))
    await plugin.stop()
    expect(existsSync(options.pipePath)).toBe(false)
  })

  it('finds owner and group by name, and refuses unknown ones without leaving a FIFO', async () => {
    const user = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find(line => line.split(':')[2] === String(process.getuid?.()))
    const owner = user?.split(':')[0] ?? ''
    const { options } = await running({ owner, group: String(process.getgid?.()) })
    expect(statSync(options.pipePath).uid).toBe(process.getuid?.())
    const unknown = running({ group: 'no-such-group' })
    await expect(unknown).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
    expect(readdirSync(folder).filter(name => name === `np${pipes}`)).toEqual([])
  })

  it('uses a FIFO that is there as it is, and leaves it', async () => {
    const pipePath = join(folder, 'theirs')
    execFileSync('mkfifo', ['-m', '0640', pipePath])
    const { plugin, ports, write } = await running({ pipePath })
    expect(statSync(pipePath).mode & 0o777).toBe(0o640)
    await write(`${start(1)}\n`)
    await expect.poll(ports).toEqual([1])
    await plugin.stop()
    expect(existsSync(pipePath)).toBe(true)
  })

  it('refuses a path where a regular file is, and leaves it alone', async () => {
    const pipePath = join(folder, 'precious')
    writeFileSync(pipePath, 'data')
    await expect(running({ pipePath })).rejects.toMatchObject({ code: 'PIPE_NOT_FIFO' })
    expect(readFileSync(pipePath, 'utf8')).toBe('data')
    await expect(running({ pipePath: join(pipePath, 'np') })).rejects.toMatchObject({ code: 'PIPE_UNUSABLE' })
    await expect(running({ pipePath: folder })).rejects.toMatchObject({ code: 'PIPE_NOT_FIFO' })
  })

  it('refuses a FIFO that another flowd reads; who takes turns by a lock on it is not in the way', async () => {
    const { options, plugin } = await running()
    await expect(running({ pipePath: options.pipePath })).rejects.toMatchObject({ code: 'PIPE_IN_USE' })
    execFileSync('flock', ['--nonblock', options.pipePath, 'true'])
    await plugin.stop()
    execFileSync('mkfifo', [options.pipePath])
    const again = await running({ pipePath: options.pipePath })
    await again.write(`${start(1)}\n`)
    await expect.poll(again.ports).toEqual([1])
  })

  it('puts the FIFO back when somebody removes it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { options, context, write, ports, plugin } = await running()
    await write(`${start(1)}\n`)
    rmSync(options.pipePath)
    vi.advanceTimersByTime(2000)
    expect(existsSync(options.pipePath)).toBe(true)
    await write(`${start(2)}\n`)
    await expect.poll(ports).toEqual([1, 2])
    expect(context.lines[0]?.message).toContain('removed')

    rmSync(options.pipePath)
    writeFileSync(options.pipePath, 'theirs')
    vi.advanceTimersByTime(2000)
    expect(context.lines[1]?.message).toContain('no FIFO')
    await plugin.stop()
    expect(readFileSync(options.pipePath, 'utf8')).toBe('theirs')
  })

  it('goes on when it cannot look whether the FIFO is there', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const home = mkdtempSync(join(folder, 'home-'))
    const { context, write, ports } = await running({ pipePath: join(home, 'np') })
    renameSync(home, `${home}-away`)
    symlinkSync(home, home)
    vi.advanceTimersByTime(2000)
    rmSync(home)
    renameSync(`${home}-away`, home)
    expect(context.lines[0]?.message).toContain('ELOOP')
    await write(`${start(1)}\n`)
    await expect.poll(ports).toEqual([1])
  })
})
