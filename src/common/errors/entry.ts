/** One row of the error table; the reference page `docs/reference/errors.md` is generated from it. */
export interface ErrorEntry {
  /** What happened and where, with `{placeholders}` filled from the error's details. */
  message: string
  /** What the reader does about it. May use the same placeholders. */
  remedy: string
  /** 1 failed while running, 2 usage, 78 what a restart won't mend (EX_CONFIG of sysexits.h). */
  exitCode: 1 | 2 | 78
  /** Status of an HTTP answer that carries this error. */
  httpStatus: number
}
