import pino from 'pino'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error'
export type LogFormat = 'text' | 'json'
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error']

/** A log line: fields first, then a message in lower case that names the event. */
export type LogMethod = (fields: Record<string, unknown>, message: string) => void

/** What components log through; `child` adds fields to every line. */
export interface Logger {
  trace: LogMethod
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
  child(fields: Record<string, unknown>): Logger
}

export interface LogOptions {
  level: LogLevel
  /** `text` is flowd-go's `level=INFO msg="…" key=value`; `json` is one object a line. */
  format: LogFormat
  /** Whether a line begins with its time (flowd-go's `--log-time`). */
  time: boolean
  /** Where lines go; standard error when absent. */
  write?: (line: string) => void
}

/** Makes the logger of a process. Writes are synchronous, so that the last lines before an exit are not lost. */
export function createLogger(options: LogOptions): Logger {
  const write = options.write ?? ((line: string) => process.stderr.write(line))
  const destination = { write: (line: string) => void write(options.format === 'json' ? line : toText(line)) }
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: options.time ? pino.stdTimeFunctions.isoTime : false,
      formatters: { level: label => ({ level: label }) },
    },
    destination,
  )
}

/** A logger that says nothing, for tests and for callers that have none. */
export const silentLogger: Logger = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
}

function ignore(): void {
  // silence is this logger's whole task
}

function toText(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
  const parts: [string, unknown][] = [['level', String(level).toUpperCase()], ['msg', msg], ...Object.entries(fields)]
  if (time !== undefined) parts.unshift(['time', time])
  return `${parts.map(([key, value]) => `${key}=${quote(value)}`).join(' ')}\n`
}

function quote(value: unknown): string {
  const text = asText(value)
  return /[\s"=]/.test(text) || text === '' ? JSON.stringify(text) : text
}

/** Lists of texts are joined: as JSON inside a quoted value, every quote of theirs would be escaped. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value.join('; ')
  return JSON.stringify(value) ?? 'undefined'
}
