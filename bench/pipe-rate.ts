// Claim: flowd takes 50,000 pipe lines a second, half of them ends, for 10 s without loss, with 100,000 flows live at
// most, the journal on, the firefly backend on loopback and, when root, the marker on `lo`. Every stage's account is
// printed and must sum.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

const LINES_PER_SECOND = 50_000
const SECONDS = 10
const LIVE_FLOWS = 100_000
const CHUNK_MS = 5
const SETTLE_MS = 10_000

/** The last lines are written when the time is over; a writer that was held up shows as much more than this. */
const LAG_TOLERANCE = 1.02
const RECEIVE_BUFFER_BYTES = 4 << 20

/** A new network namespace keeps our marks and datagrams away from the host's. */
const IN_NAMESPACE = 'TIDEMARK_BENCH_NAMESPACE'

/** The accounts of one stage, from the daemon's metrics. */
interface Stage {
  received: number
  passed: number
  dropped: number
}

if (process.argv[2] === 'receiver') await receive()
else if (process.getuid?.() === 0 && process.env[IN_NAMESPACE] === undefined) {
  const script = 'ip link set lo up && exec "$0" "$@"'
  const args = ['-n', 'sh', '-c', script, process.execPath, ...process.execArgv, import.meta.filename]
  process.exitCode =
    spawnSync('unshare', args, { stdio: 'inherit', env: { ...process.env, [IN_NAMESPACE]: '1' } }).status ?? 1
} else await measure()

/** The child that stands for the network: counts datagrams, and tells on request how many came. */
async function receive(): Promise<void> {
  const socket = createSocket({ type: 'udp6', recvBufferSize: RECEIVE_BUFFER_BYTES })
  let count = 0
  socket.on('message', () => {
    count += 1
  })
  socket.bind(0, '::1')
  await once(socket, 'listening')
  console.log(socket.address().port)
  for await (const _line of createInterface({ input: process.stdin })) console.log(count)
  socket.close()
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'))
  const children: ChildProcess[] = []
  try {
    const receiver = spawn(process.execPath, [import.meta.filename, 'receiver'], { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(receiver)
    const answers = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]()
    const port = Number((await answers.next()).value)
    const isMarking = process.env[IN_NAMESPACE] !== undefined && hasMarker()
    const flowd = await startFlowd(folder, port, isMarking)
    children.push(flowd)
    console.log(`marker: ${isMarking ? 'on lo of a namespace of its own' : 'off (needs root and bpf/marker.bpf.o)'}`)

    const socketPath = join(folder, 'flowd.sock')
    const written = await writeLines(join(folder, 'np'))
    const stages = await settle(socketPath, written.lines)
    const tookS = (performance.now() - written.startMs) / 1000
    receiver.stdin.write('\n')
    const received = Number((await answers.next()).value)
    console.log(`flowd used ${cpuSeconds(flowd.pid ?? 0).toFixed(1)} s of CPU for ${written.lines} lines`)
    process.exitCode = judge({ ...written, tookS, stages, received, isMarking }) ? 0 : 1
  } finally {
    for (const child of children.reverse()) {
      if (child.exitCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Whether this tree has the marker and its object. */
function hasMarker(): boolean {
  return spawnSync('test', ['-e', 'bpf/marker.bpf.o']).status === 0
}

async function startFlowd(folder: string, port: number, isMarking: boolean): Promise<ChildProcess> {
  const configuration = {
    pidPath: join(folder, 'pid'),
    workDir: join(folder, 'state'),
    controlSocket: { path: join(folder, 'flowd.sock') },
    plugins: { namedPipe: { pipePath: join(folder, 'np') } },
    backends: { firefly: { destinationPort: port }, ...(isMarking ? { marker: { targetInterfaces: ['lo'] } } : {}) },
  }
  const file = join(folder, 'flowd.json')
  writeFileSync(file, JSON.stringify(configuration))
  const flowd = spawn(process.execPath, ['dist/tidemark.mjs', '--conf', file, 'flowd', 'run'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (flowd.exitCode !== null) throw new Error('flowd did not start')
    if ((await ask(join(folder, 'flowd.sock'), '/readyz').catch(() => undefined)) !== undefined) return flowd
    await delay(50)
  }
  throw new Error('flowd is not ready after 10 s')
}

/** Writes starts until nearly all flows live, then starts and ends by turns, all at the claimed rate. */
async function writeLines(path: string): Promise<{ lines: number; startMs: number; writeS: number }> {
  const pipe = await open(path, 'w')
  const prefill = LIVE_FLOWS - LINES_PER_SECOND / 10
  let next = 0
  const write = async (count: number, line: (index: number) => string): Promise<void> => {
    const perChunk = (LINES_PER_SECOND * CHUNK_MS) / 1000
    const beginMs = performance.now()
    for (let done = 0; done < count; done += perChunk) {
      let chunk = ''
      for (let index = 0; index < perChunk; index += 1) chunk += line(done + index)
      await pipe.appendFile(chunk)
      const aheadMs = ((done + perChunk) / LINES_PER_SECOND) * 1000 - (performance.now() - beginMs)
      if (aheadMs > 1) await delay(aheadMs)
    }
  }
  const flow = (index: number) => `tcp ::1 ${1 + (index % 60_000)} ::1 ${5000 + Math.floor(index / 60_000)} cms 14\n`
  await write(prefill, () => `start ${flow(next++)}`)
  const startMs = performance.now()
  const lines = LINES_PER_SECOND * SECONDS
  await write(lines, index => (index % 2 === 0 ? `start ${flow(next++)}` : `end ${flow((index - 1) / 2)}`))
  await pipe.close()
  return { lines: lines + prefill, startMs, writeS: (performance.now() - startMs) / 1000 }
}

/** The CPU time of a process in user and kernel mode: fields 14 and 15 of its stat, in ticks of 10 ms (proc(5)). */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Waits until everything written has gone through every stage, and gives their accounts. */
async function settle(socketPath: string, lines: number): Promise<Map<string, Stage>> {
  const deadline = performance.now() + SETTLE_MS
  for (;;) {
    const stages = readStages(await ask(socketPath, '/metrics'))
    const settled = [...stages.values()].every(({ received, passed, dropped }) => received === passed + dropped)
    if ((settled && stages.get('plugin namedPipe')?.received === lines) || performance.now() > deadline) return stages
    await delay(20)
  }
}

function readStages(metrics: string): Map<string, Stage> {
  const stages = new Map<string, Stage>()
  for (const [, kind, name = '', value] of metrics.matchAll(
    /^tidemark_flowd_(received|passed|dropped)_total\{stage="([^"]+)"[^}]*\} (\d+)$/gm,
  )) {
    const stage = stages.get(name) ?? { received: 0, passed: 0, dropped: 0 }
    stages.set(name, stage)
    stage[kind as keyof Stage] += Number(value)
  }
  return stages
}

async function ask(socketPath: string, path: string): Promise<string> {
  const outgoing = request({ socketPath, path })
  outgoing.end()
  const [answer] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage]
  const body = await text(answer)
  if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}`)
  return body
}

interface Outcome {
  lines: number
  writeS: number
  tookS: number
  stages: ReadonlyMap<string, Stage>
  /** Fireflies that the network got. */
  received: number
  isMarking: boolean
}

function judge({ lines, writeS, tookS, stages, received, isMarking }: Outcome): boolean {
  const wanted = LINES_PER_SECOND * SECONDS
  console.log(`wrote ${wanted} lines in ${writeS.toFixed(2)} s; all were through after ${tookS.toFixed(2)} s`)
  for (const [name, { received: taken, passed, dropped }] of stages) {
    console.log(`${name.padEnd(18)} received ${taken}  passed ${passed}  dropped ${dropped}`)
  }
  console.log(`${'network'.padEnd(18)} received ${received}; ${kernelDrops()}`)
  const expected = [
    'plugin namedPipe',
    'flow table',
    'backend firefly',
    'fireflies',
    ...(isMarking ? ['backend marker'] : []),
  ]
  const isWhole = expected.every(name => stages.get(name)?.passed === lines && stages.get(name)?.received === lines)
  const rate = wanted / tookS
  console.log(`rate ${Math.round(rate)} lines/s, ratio to the claim ${(rate / LINES_PER_SECOND).toFixed(3)}`)
  return isWhole && received === lines && tookS <= SECONDS * LAG_TOLERANCE
}

/** What the kernel of this namespace lost between sender and receiver. */
function kernelDrops(): string {
  const errors = /^Udp6RcvbufErrors\s+(\d+)$/m.exec(readFileSync('/proc/net/snmp6', 'utf8'))
  return `the kernel dropped ${errors?.[1] ?? 'an unknown number'} before it`
}
