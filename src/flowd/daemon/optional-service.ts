import { type ErrorCode, isTidemarkError, type Logger, type Service } from '../../common/index.ts'

/** When a service may be done without. */
export interface Indulgence {
  isOptional: boolean
  /** The failure that is forgiven then. */
  code: ErrorCode
  log: Logger
}

/** A service whose start, when it is optional, may fail in one way: it is then done without, with a warning. */
export function optionalService(service: Service, { isOptional, code, log }: Indulgence): Service {
  return {
    start: async () => {
      try {
        await service.start()
      } catch (failure) {
        if (!(isOptional && isTidemarkError(failure, code))) throw failure
        log.warn({ remedy: failure.remedy }, failure.message)
      }
    },
    stop: () => service.stop(),
  }
}
