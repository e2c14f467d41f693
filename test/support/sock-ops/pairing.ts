import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { Iperf3 } from '../../../src/flowd/plugins/iperf3/iperf3.ts'
import { flowKey } from '../../../src/scitags/index.ts'
import { unitContext } from '../flowd/unit-context.ts'
import { Laboratory, type TestNamespace } from '../namespace.ts'
import { TestCgroup } from './cgroup.ts'

const CHILD = 'test/support/sock-ops/churn-child.ts'
/** How long the last records may take to be read, on a machine that is busy. */
const PATIENCE_MS = 30_000

/** What the watcher told of connections whose number is known. */
export interface Pairing {
  /** How many the generator opened and closed, and in what time. */
  connections: number
  seconds: number
  starts: number
  ends: number
  /** Ends that came after a start with the same five-tuple and ids, each start used once. */
  pairs: number
  /** Records that found the ring full. */
  lost: number
  /** The longest time that the event loop was held up. */
  longestStallMs: number
}

/**
 * Opens and closes connections as fast as can be, before the plugin iperf3, and counts what it tells of them. The
 * plugin goes before the generator, which takes all that is left of the processors.
 */
export async function measurePairing(seconds: number): Promise<Pairing> {
  const laboratory = new Laboratory()
  const cgroup = new TestCgroup()
  const context = unitContext()
  const plugin = new Iperf3(
    {
      minSourcePort: 0,
      maxSourcePort: 0,
      minDestinationPort: 0,
      maxDestinationPort: 0,
      experimentIDs: [1, 2, 3],
      activityIDs: [1, 2, 3],
      randomIDs: false,
      cgroupPath: cgroup.path,
      programPath: '',
      debugMode: false,
    },
    context,
  )
  const open = new Map<string, number>()
  let [starts, ends, pairs] = [0, 0, 0]
  await plugin.start(({ state, flow, experiment }) => {
    const key = flowKey(flow)
    if (state === 'start') {
      starts += 1
      open.set(key, experiment)
    } else {
      ends += 1
      if (open.get(key) === experiment) pairs += 1
      open.delete(key)
    }
  })
  const stalls = watchStalls()
  try {
    const namespace = laboratory.namespace()
    const port = await startAccepting(namespace)
    const beginMs = performance.now()
    const client = namespace.spawn('nice', [process.execPath, CHILD, 'connect', String(port), String(seconds)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    cgroup.add(client.pid)
    const connections = Number(await text(client.stdout!))
    const tookS = (performance.now() - beginMs) / 1000
    const lost = () => context.metrics.stage('plugin iperf3').dropped('ring-full')
    const giveUpMs = performance.now() + PATIENCE_MS
    while (starts + ends + lost() < 2 * connections && performance.now() < giveUpMs) await delay(100)
    return {
      connections,
      seconds: Math.min(tookS, seconds),
      starts,
      ends,
      pairs,
      lost: lost(),
      longestStallMs: stalls.stop(),
    }
  } finally {
    await plugin.stop()
    await laboratory.close()
    cgroup.remove()
  }
}

async function startAccepting(namespace: TestNamespace): Promise<number> {
  const server: ChildProcess = namespace.spawn('nice', [process.execPath, CHILD, 'accept'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(server.stdout!, 'data')) as [Buffer]
  return Number(line.toString().replace('port ', ''))
}

/** Measures how late a timer comes. */
function watchStalls(): { stop(): number } {
  const periodMs = 5
  let longest = 0
  let lastMs = performance.now()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    longest = Math.max(longest, nowMs - lastMs - periodMs)
    lastMs = nowMs
  }, periodMs)
  return {
    stop: () => {
      clearInterval(timer)
      return longest
    },
  }
}
