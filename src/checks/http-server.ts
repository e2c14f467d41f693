import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type HttpAccessOptions, isTidemarkError, readSecrets } from '../common/index.ts'
import { judgeValidity } from './certificate.ts'
import { type Finding, failed } from './finding.ts'
import { checkListening } from './listening.ts'
import { checkSecretFile, isReadable } from './secret-file.ts'

/** An HTTP server as the configuration has it. */
export interface ConfiguredServer {
  /** The configuration's section: `http`, `plugins.api`. */
  section: string
  address: string
  port: number
  access: HttpAccessOptions
}

/** Whether an HTTP server can listen, and can use the files of certificates, tokens and passwords that it names. */
export async function checkHttpServer({ section, address, port, access }: ConfiguredServer): Promise<Finding[]> {
  const { certificateFile, keyFile, tokenFile, passwordFile } = access
  const place = `${section} ${address}:${port}`
  const findings = [await checkListening(place, { address, port, isTls: certificateFile !== '' })]
  for (const [key, file] of Object.entries({ keyFile, tokenFile, passwordFile })) {
    if (file !== '') findings.push(checkSecretFile(`${section}.${key}`, file))
  }
  const named = [certificateFile, keyFile, tokenFile, passwordFile].filter(file => file !== '')
  // What is not readable is told above, but for the certificate, which is no secret.
  if (!named.every(file => file === certificateFile || isReadable(file))) return findings
  try {
    await readSecrets(access)
    if (certificateFile !== '') {
      const certificate = new X509Certificate(readFileSync(certificateFile))
      findings.push(judgeValidity(`${section}.certificateFile`, certificate, `renew ${certificateFile}`))
    }
  } catch (error) {
    if (!isTidemarkError(error, 'HTTP_FILE_UNUSABLE')) throw error
    findings.push(failed(`${section} files`, error.message, error.remedy))
  }
  return findings
}
