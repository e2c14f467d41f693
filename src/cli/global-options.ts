import { type Command, Option } from 'commander'
import type { LogFormat, Logger, LogLevel } from '../common/index.ts'
import { createLogger, LOG_LEVELS } from '../common/index.ts'

/** The options that stand before or after any command, as in flowd-go. */
export interface GlobalOptions {
  /** Undefined: the role looks in its usual places. */
  conf?: string
  logLevel: LogLevel
  logTime: boolean
  logFormat: LogFormat
}

export function addGlobalOptions(program: Command): void {
  program
    .option(
      '--conf <file>',
      "configuration file of flowd or the collector, YAML or JSON; without it /etc/tidemark/flowd.yaml (else flowd-go's) or /etc/tidemark/collector.yaml",
    )
    .addOption(new Option('--log-level <level>', 'least severe level to log').choices(LOG_LEVELS).default('info'))
    .option('--log-time', 'begin each log line with its time', false)
    .addOption(new Option('--log-format <format>', 'how log lines look').choices(['text', 'json']).default('text'))
}

/** The global options as given, read from any command. */
export function readGlobals(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>()
}

/** The logger that the global options ask for. */
export function loggerOf({ logLevel, logTime, logFormat }: GlobalOptions): Logger {
  return createLogger({ level: logLevel, time: logTime, format: logFormat })
}
