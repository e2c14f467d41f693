export { assetPath } from './assets/index.ts'
export { bareHost } from './bare-host.ts'
export { BUILD } from './build-info.ts'
export type { CertificateFault } from './certificate-fault.ts'
export { certificateFault } from './certificate-fault.ts'
export type {
  Beside,
  ConfigurationProblem,
  ConfigurationSchema,
  DeprecatedKey,
  EffectiveValue,
  LoadedConfiguration,
  LoadOptions,
  Translation,
} from './config/index.ts'
export {
  describeExpected,
  effectiveValues,
  formatProblem,
  isSection,
  isStunServer,
  loadConfiguration,
  parseConfiguration,
  readConfigurationFile,
  suggest,
  topLevelKeys,
} from './config/index.ts'
export { EndWatch } from './end-watch.ts'
export type { ErrorCode, ErrorDetails } from './errors/index.ts'
export { codeOf, ERRORS, isTidemarkError, messageOf, TidemarkError } from './errors/index.ts'
export type { ErrorBody } from './http.ts'
export { answerErrorsFromTable, errorBody } from './http.ts'
export type { GateCounts, HttpAccessOptions } from './http-access/index.ts'
export {
  HTTP_ACCESS_OPTIONS,
  HttpGate,
  httpAccessOptionsOpenUnder,
  isLoopback,
  missingGuards,
  readSecrets,
  readTokens,
  requireGuard,
} from './http-access/index.ts'
export { compressLargeBodies } from './http-compression.ts'
export type { Service } from './lifecycle.ts'
export { ServiceGroup } from './lifecycle.ts'
export { listenError } from './listen-error.ts'
export type { LogFormat, Logger, LogLevel } from './log.ts'
export { createLogger, LOG_LEVELS, silentLogger } from './log.ts'
export { LogThrottle } from './log-throttle.ts'
export { makeFolder } from './make-folder.ts'
export type { CounterMetric, CounterSeries, Family, GaugeMetric } from './metrics/index.ts'
export { familyHead, Histogram, inBlocks, labelText, Metrics, StageAccount, sampleLine } from './metrics/index.ts'
export { BoundedQueue } from './queue.ts'
export { says } from './route-summary.ts'
export { SignalWatch } from './signal-watch.ts'
