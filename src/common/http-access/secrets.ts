import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { messageOf, TidemarkError } from '../errors/index.ts'
import type { Credentials } from './credentials.ts'
import type { HttpAccessOptions } from './options.ts'
import { PasswordSet, readPasswords } from './passwords.ts'
import { readTokens, TokenSet } from './tokens.ts'

/** What the files of a server hold. */
export interface Secrets {
  /** Absent: plain HTTP. */
  tls?: SecureContextOptions
  credentials: Credentials
}

/**
 * Reads the files that a section names.
 *
 * @throws TidemarkError HTTP_FILE_UNUSABLE
 */
export async function readSecrets(options: HttpAccessOptions): Promise<Secrets> {
  const { certificateFile, keyFile, tokenFile, passwordFile } = options
  const secrets: Secrets = { credentials: {} }
  if (certificateFile !== '') {
    const key = await use('key', keyFile, text => text)
    secrets.tls = await use('certificate', certificateFile, cert => {
      const tls: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' }
      createSecureContext(tls)
      return tls
    })
  }
  if (tokenFile !== '') {
    secrets.credentials.tokens = await use('token file', tokenFile, text => new TokenSet(readTokens(text)))
  }
  if (passwordFile !== '') {
    const read = (text: string) => new PasswordSet(readPasswords(text))
    secrets.credentials.passwords = await use('password file', passwordFile, read)
  }
  return secrets
}

async function use<Value>(what: string, file: string, read: (text: string) => Value): Promise<Value> {
  try {
    return read(await readFile(file, 'utf8'))
  } catch (error) {
    throw new TidemarkError('HTTP_FILE_UNUSABLE', { what, file, reason: messageOf(error) }, error)
  }
}
