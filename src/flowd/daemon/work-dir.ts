import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { type Logger, makeFolder, messageOf, TidemarkError } from '../../common/index.ts'
import type { LoadedFlowdConfiguration } from '../configuration/index.ts'

/**
 * The path of the journal in the state directory, which is made if need be. Undefined when there is to be none, or when
 * the directory is the default one and this user may not write there: then a restart does not resume, with a warning.
 *
 * @throws TidemarkError JOURNAL_UNUSABLE for a directory that the configuration names
 */
export function journalPath({ values, origins }: LoadedFlowdConfiguration, log: Logger): string | undefined {
  const { workDir } = values
  if (workDir === '') return undefined
  const path = join(workDir, 'journal')
  try {
    makeFolder(workDir)
    accessSync(workDir, constants.W_OK)
    return path
  } catch (error) {
    const failure = new TidemarkError('JOURNAL_UNUSABLE', { path, reason: messageOf(error) }, error)
    if (origins.get('workDir')?.kind !== 'default') throw failure
    log.warn({ remedy: failure.remedy }, failure.message)
    return undefined
  }
}
