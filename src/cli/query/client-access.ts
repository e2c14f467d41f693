import { readFileSync } from 'node:fs'
import { messageOf, readTokens, TidemarkError } from '../../common/index.ts'
import type { ClientAccess } from './api-client.ts'

/** The files that the command line names; secrets are never words of it, which other users can see. */
export interface AccessFiles {
  tokenFile?: string
  caFile?: string
}

/**
 * Reads what a collector wants to see: the first token of a file, and authorities to trust.
 *
 * @throws TidemarkError HTTP_FILE_UNUSABLE
 */
export function readClientAccess({ tokenFile, caFile }: AccessFiles): ClientAccess {
  return {
    token: tokenFile === undefined ? undefined : read('token file', tokenFile, text => readTokens(text)[0]),
    ca: caFile === undefined ? undefined : read('file of authorities', caFile, text => text),
  }
}

function read<Value>(what: string, file: string, take: (text: string) => Value): Value {
  try {
    return take(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new TidemarkError('HTTP_FILE_UNUSABLE', { what, file, reason: messageOf(error) }, error)
  }
}
