import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate and its key, as paths of PEM files. */
export interface KeyPair {
  certificateFile: string
  keyFile: string
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** A certificate authority of a test, made by openssl in a folder of its own. */
export class TestAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), 'tidemark-ca-'))
  readonly caFile = join(this.folder, 'ca.crt')

  constructor() {
    this.#openssl(
      'req',
      '-x509',
      ...CURVE,
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-days',
      '2',
      '-subj',
      '/CN=test authority',
    )
  }

  /**
   * Signs a certificate for a name.
   * @param days how long it is valid; negative: it has expired
   */
  issue(name: string, alternativeNames: string, days = 1): KeyPair {
    writeFileSync(join(this.folder, `${name}.ext`), `subjectAltName=${alternativeNames}\n`)
    this.#openssl('req', ...CURVE, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial']
    const request = ['-in', `${name}.csr`, '-extfile', `${name}.ext`, '-days', String(days)]
    this.#openssl('x509', '-req', ...request, ...authority, '-out', `${name}.crt`)
    return { certificateFile: join(this.folder, `${name}.crt`), keyFile: join(this.folder, `${name}.key`) }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }

  #openssl(...words: string[]): void {
    execFileSync('openssl', words, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] })
  }
}
