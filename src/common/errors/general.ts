import type { ErrorEntry } from './entry.ts'

/** Errors that both roles can meet. */
export const GENERAL_ERRORS = {
  CONFIG_NOT_FOUND: {
    message: 'no configuration file at {file}',
    remedy: 'name one with --conf FILE, or create {file}',
    exitCode: 78,
    httpStatus: 500,
  },
  FILE_NOT_FOUND: {
    message: 'there is no file {file}',
    remedy: 'check the path that was given',
    exitCode: 2,
    httpStatus: 404,
  },
  CONFIG_UNREADABLE: {
    message: 'the configuration file {file} cannot be read: {reason}',
    remedy: 'name a configuration file, and check its owner and mode',
    exitCode: 78,
    httpStatus: 500,
  },
  CONFIG_INVALID: {
    message: '{file} cannot be used:\n{problems}',
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
    remedy: "stop that program ('ss -lnp' names it), or take another address or port",
    exitCode: 1,
    httpStatus: 500,
  },
  LISTEN_FAILED: {
    message: '{what} cannot listen on {address}: {reason}',
    remedy: 'set an address of this host and a port that its user may open',
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
    remedy: 'docs/reference/endpoints.md lists the paths of each interface',
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
  HTTP_URL_TOO_LONG: {
    message: 'the URL of the request is longer than {limit} characters',
    remedy: 'ask for less at once',
    exitCode: 1,
    httpStatus: 414,
  },
  HTTP_UNAUTHORIZED: {
    message: 'this server answers only those it knows',
    remedy: 'send Authorization: Bearer TOKEN, or user and password; see docs/how-to/secure-the-api.md',
    exitCode: 1,
    httpStatus: 401,
  },
  HTTP_UNGUARDED: {
    message: '{section} would serve everyone who reaches {address}, without {missing}',
    remedy:
      'set these keys of {section}, or bindAddress: 127.0.0.1; {section}.access: open serves everyone on purpose (docs/how-to/secure-the-api.md)',
    exitCode: 78,
    httpStatus: 500,
  },
  HTTP_KEY_PAIR_INCOMPLETE: {
    message: '{section} names one of certificateFile and keyFile only',
    remedy: 'name both for HTTPS, or none for HTTP',
    exitCode: 78,
    httpStatus: 500,
  },
  HTTP_FILE_UNUSABLE: {
    message: 'the {what} {file} cannot be used: {reason}',
    remedy: 'check its path, owner and mode, and that it holds what docs/how-to/secure-the-api.md says',
    exitCode: 78,
    httpStatus: 500,
  },
  INTERNAL: {
    message: 'something failed inside Tidemark: {reason}',
    remedy: 'the log has the details; please report them',
    exitCode: 1,
    httpStatus: 500,
  },
} as const satisfies Record<string, ErrorEntry>
