export { codeOf } from './code-of.ts'
export type { ErrorCode, ErrorDetails } from './tidemark-error.ts'
export { ERRORS, isTidemarkError, messageOf, TidemarkError } from './tidemark-error.ts'
