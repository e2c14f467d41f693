import type { ErrorBody } from '../../common/index.ts'
import type { Usage } from '../event.ts'
import type { HealthView } from '../health.ts'
import type { IdNames } from './id-names.ts'
import type { StatusView } from './status-view.ts'

/** A live flow as the control socket tells it. */
export interface FlowView extends IdNames {
  protocol: string
  family: string
  /** `[2001:db8::1]:2345` or `192.0.2.1:2345`. */
  source: string
  destination: string
  experiment: number
  activity: number
  application: string
  /** The 20-bit flow label; absent for IPv4 and for ids that cannot be marked. */
  label?: number
  origin: string
  startTime: string
  /** What it has moved so far, where an enricher or an event tells. */
  usage?: Usage
}

/** What became of each line that was sent. */
export interface SendResult {
  accepted: number
  /** Lines that were refused, counted from 1. */
  refused: { line: number; error: ErrorBody }[]
  /** What is odd about lines that were accepted, as an experiment that cannot be marked. */
  warnings: { line: number; warning: string }[]
}

/** What a reload changed. */
export interface ReloadResult {
  /** One phrase each: `backend firefly restarted`. */
  changes: string[]
  /** What is odd about the file, and what of it a reload cannot change. */
  warnings: string[]
}

/** What the control socket offers of the daemon. */
export interface ControlPort {
  flows(): FlowView[]
  health(): HealthView
  status(): StatusView
  /** Feeds lines in the pipe's grammar to the pipeline; blank lines count, and do nothing. */
  send(lines: readonly string[]): SendResult
  /** @throws TidemarkError when the new configuration is refused; the old one then stays */
  reload(): Promise<ReloadResult>
  metrics(): Promise<{ contentType: string; text: string }>
}
