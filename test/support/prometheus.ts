import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** One series of an answer. */
export interface QueriedSeries {
  labels: Record<string, string>
  value: number
}

interface QueryAnswer {
  status: string
  error?: string
  data: { result: { metric: Record<string, string>; value: [number, string] }[] }
}

/** A real Prometheus that scrapes some addresses, its data in a folder of its own. */
export class PrometheusProcess implements AsyncDisposable {
  readonly #folder: string
  readonly #child: ChildProcess
  readonly #base: string

  private constructor(folder: string, child: ChildProcess, base: string) {
    this.#folder = folder
    this.#child = child
    this.#base = base
  }

  /** @param targets by the job's name: `host:port`, whose `/metrics` is scraped every 2 s */
  static async start(targets: Readonly<Record<string, string>>): Promise<PrometheusProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-prometheus-'))
    const jobs = Object.entries(targets).map(([job, target]) => ({
      job_name: job,
      static_configs: [{ targets: [target] }],
    }))
    const configuration = { global: { scrape_interval: '2s', scrape_timeout: '2s' }, scrape_configs: jobs }
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(configuration))
    const address = `127.0.0.1:${await freePort()}`
    const words = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=error',
    ]
    const child = spawn('prometheus', words, { stdio: ['ignore', 'ignore', 'inherit'] })
    const made = new PrometheusProcess(folder, child, `http://${address}`)
    while (!(await made.#isReady())) await delay(100)
    return made
  }

  /** Evaluates an expression now. */
  async query(expression: string): Promise<QueriedSeries[]> {
    const response = await fetch(`${this.#base}/api/v1/query?query=${encodeURIComponent(expression)}`)
    const { status, error, data } = (await response.json()) as QueryAnswer
    if (status !== 'success') throw new Error(`${expression}: ${error}`)
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #isReady(): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error(`prometheus ended with ${this.#child.exitCode}`)
    try {
      return (await fetch(`${this.#base}/-/ready`)).ok
    } catch {
      return false
    }
  }
}

/** What `promtool check metrics` has to say of a text: one complaint a line; none for a clean one. */
export function promtoolComplaints(text: string): string[] {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  const complaints = `${stdout}${stderr}`.split('\n').filter(line => line !== '')
  if (status !== 0 && complaints.length === 0) throw new Error(`promtool ended with ${status}`)
  return complaints
}
