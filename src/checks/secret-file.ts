import { accessSync, constants, type Stats, statSync } from 'node:fs'
import { messageOf } from '../common/index.ts'
import { type Finding, failed, ok, warning } from './finding.ts'

const OTHERS_MAY = 0o007
const GROUP_MAY_WRITE = 0o020

/**
 * Whether a file of secrets is there, and only for those whom it concerns. Nobody but its owner needs to write it, and
 * those who are neither owner nor group have no business with it.
 */
export function checkSecretFile(check: string, file: string): Finding {
  let stats: Stats
  try {
    stats = statSync(file)
  } catch (error) {
    return failed(check, messageOf(error), 'check the path; every folder on the way must be open to the service')
  }
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0')
  const found = `${file}: mode ${mode}, owner ${stats.uid}:${stats.gid}`
  if ((stats.mode & (OTHERS_MAY | GROUP_MAY_WRITE)) !== 0) {
    const remedy = `let only the service's user read it: chown root:tidemark ${file}; chmod 640 ${file}`
    return warning(check, `${found}: more may use it than need to`, remedy)
  }
  if (isReadable(file)) return ok(check, found)
  return warning(check, `${found}: this user may not read it`, 'run the doctor as root, or as the user of the service')
}

/** Whether this user may read a file. */
export function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    // Whatever the reason, who reads the file says it.
    return false
  }
}
