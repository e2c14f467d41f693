import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * Claim: from the socket to the graph the collector takes at least 1.4 times the records a second of CPU that a plain
 * rhea receiver takes which only decodes. Messages of 50 records, four deltas to each new record; the sender and each
 * receiver have a process of their own; both ways alternate, and the medians are compared.
 */
const MESSAGES = 20_000
const ROUNDS = 5
const LEAST_RATIO = 1.4

interface Measured {
  records: number
  cpuMs: number
  wallMs: number
}

const run = promisify(execFile)

/** Starts the sender, and waits until it says its port. */
function startSender(): Promise<{ sender: ChildProcess; port: string }> {
  const sender = spawn(process.execPath, ['test/support/flow-sender-child.ts', String(MESSAGES)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    sender.once('exit', code => reject(new Error(`the sender ended with ${code}`)))
    sender.stdout.once('data', (text: Buffer) => resolve({ sender, port: text.toString().trim() }))
  })
}

async function measure(way: 'plain' | 'collector', port: string): Promise<Measured> {
  const words = ['test/support/flow-receiver-child.ts', way, port, String(MESSAGES)]
  const { stdout } = await run(process.execPath, words)
  return JSON.parse(stdout) as Measured
}

const perCpuSecond = ({ records, cpuMs }: Measured): number => (records / cpuMs) * 1000
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

const { sender, port } = await startSender()
const rates = { plain: [] as number[], collector: [] as number[] }
try {
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const way of ['plain', 'collector'] as const) {
      const measured = await measure(way, port)
      rates[way].push(perCpuSecond(measured))
      console.log(
        `round ${round}, ${way}: ${Math.round(perCpuSecond(measured))} records per CPU second, ` +
          `${Math.round((measured.records / measured.wallMs) * 1000)} a second`,
      )
    }
  }
} finally {
  sender.removeAllListeners('exit').kill()
}
const ratio = median(rates.collector) / median(rates.plain)
console.log(
  `collector ${Math.round(median(rates.collector))}, plain rhea ${Math.round(median(rates.plain))}: ratio ${ratio.toFixed(2)}`,
)
process.exitCode = ratio >= LEAST_RATIO ? 0 : 1
