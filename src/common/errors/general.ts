import type { ErrorEntry } from './entry.ts'

/** Errors that both roles can meet. */
export const GENERAL_ERRORS = {
  CONFIG_NOT_FOUND: {
    message: 'no configuration file at {file}',
    remedy: 'name one with --conf FILE, or create {file}',
    exitCode: 78,
    httpStatus: 500,
  },
  CONFIG_UNREADABLE: {
    message: 'the configuration file {file} cannot be read: {reason}',
    remedy: 'check its owner and mode',
    exitCode: 78,
    httpStatus: 500,
  },
  CONFIG_INVALID: {
    message: '{file} has {count} error(s):\n{problems}',
    remedy: "mend the lines named; 'check' shows the effective configuration",
    exitCode: 78,
    httpStatus: 400,
  },
  ASSET_MISSING: {
    message: 'the file {asset} that belongs to Tidemark is missing',
    remedy: "build it with 'make build', or install the package again",
    exitCode: 78,
    httpStatus: 500,
  },
  NO_EXECUTABLE_FOLDER: {
    message: 'no folder lets the executable load its native files: {refusals}',
    remedy: 'set TIDEMARK_UNPACK_DIR to a folder on a file system that is not mounted noexec',
    exitCode: 78,
    httpStatus: 500,
  },
  ADDRESS_IN_USE: {
    message: '{what} cannot listen on {address}: another program does already',
    remedy: 'stop that program, or set another address or port in the configuration',
    exitCode: 1,
    httpStatus: 500,
  },
  HTTP_BAD_REQUEST: {
    message: 'the request is not understood: {reason}',
    remedy: 'send what the interface documents, with Content-Type: application/json for JSON',
    exitCode: 1,
    httpStatus: 400,
  },
  HTTP_NOT_FOUND: {
    message: 'nothing is at {method} {path}',
    remedy: 'see the reference of the interface for its paths',
    exitCode: 1,
    httpStatus: 404,
  },
  HTTP_METHOD_NOT_ALLOWED: {
    message: '{path} does not take {method}',
    remedy: 'it takes {allowed}',
    exitCode: 1,
    httpStatus: 405,
  },
  HTTP_BODY_TOO_LARGE: {
    message: 'the body of the request is too large',
    remedy: 'send less at once',
    exitCode: 1,
    httpStatus: 413,
  },
  INTERNAL: {
    message: 'something failed inside Tidemark: {reason}',
    remedy: 'the log has the details; please report them',
    exitCode: 1,
    httpStatus: 500,
  },
} as const satisfies Record<string, ErrorEntry>
