declare const TIDEMARK_VERSION: string | undefined
declare const TIDEMARK_COMMIT: string | undefined
declare const TIDEMARK_BUILD_DATE: string | undefined

/** What was built; outside a bundle (tests) the three read `dev`. */
export const BUILD = {
  version: typeof TIDEMARK_VERSION === 'string' ? TIDEMARK_VERSION : 'dev',
  commit: typeof TIDEMARK_COMMIT === 'string' ? TIDEMARK_COMMIT : 'dev',
  date: typeof TIDEMARK_BUILD_DATE === 'string' ? TIDEMARK_BUILD_DATE : 'dev',
} as const
