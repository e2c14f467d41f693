import { existsSync } from 'node:fs'

/** The profile whose defaults are flowd-go's. */
export const FLOWD_GO = 'flowd-go'

const OWN_FILE = '/etc/tidemark/flowd.yaml'
const FLOWD_GO_FOLDER = '/etc/flowd-go/'
const FLOWD_GO_FILES = [`${FLOWD_GO_FOLDER}conf.yaml`, `${FLOWD_GO_FOLDER}conf.json`]

/** Where flowd looks for its configuration when none is named. */
export const FLOWD_FILES: readonly string[] = [OWN_FILE, ...FLOWD_GO_FILES]

export interface FileChoice {
  /** What `--conf` said, if anything. */
  conf: string | undefined
  /** The program was called as `flowd-go`. */
  calledAsFlowdGo: boolean
}

/**
 * The configuration file to read: the one named, else the first that exists of flowd's own and flowd-go's (in the
 * other order when called as `flowd-go`). When none exists it is the first, whose absence is then the error.
 *
 * @param exists replaces the look into the file system, for tests
 */
export function chooseFile({ conf, calledAsFlowdGo }: FileChoice, exists = existsSync): string {
  if (conf !== undefined) return conf
  const candidates = calledAsFlowdGo ? [...FLOWD_GO_FILES, OWN_FILE] : FLOWD_FILES
  return candidates.find(file => exists(file)) ?? candidates[0] ?? OWN_FILE
}

/** Whether flowd-go's defaults hold although the file does not say `compatibility: flowd-go`. */
export function impliesFlowdGo(file: string, { calledAsFlowdGo }: FileChoice): boolean {
  return calledAsFlowdGo || file.startsWith(FLOWD_GO_FOLDER)
}
