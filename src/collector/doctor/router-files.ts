import { type Check, checkSecretFile } from '../../checks/index.ts'
import type { CollectorSetting } from './setting.ts'

/** The secrets by which the collector shows itself to the router, and who may read them. */
export const checkRouterFiles: Check<CollectorSetting> = ({ router: { tls, sasl, origin } }) => {
  const files: [check: string, file: string | undefined][] = [
    ['key for the router', tls?.keyFile],
    // A password that is written out stands in connect.json.
    ['password for the router', sasl.password && ('file' in sasl.password ? sasl.password.file : origin)],
  ]
  return files.flatMap(([check, file]) => (file === undefined ? [] : [checkSecretFile(check, file)]))
}
