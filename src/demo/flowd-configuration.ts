import { join } from 'node:path'
import { PLAN } from './plan.ts'

/** A part that the demo can leave out of flowd, to show that it then fails. */
export type Omission = 'marker' | 'firefly'

/**
 * The configuration of the demo's flowd, in JSON (which is YAML): everything that it writes lies in one folder.
 *
 * @param without leaves a backend out
 */
export function flowdConfiguration(folder: string, pipe: string, without?: Omission): string {
  const backends: Record<Omission, object> = {
    marker: { targetInterfaces: [PLAN.interfaceName] },
    firefly: { destinationPort: PLAN.fireflyPort },
  }
  const configuration = {
    pidPath: join(folder, 'flowd.pid'),
    workDir: join(folder, 'state'),
    controlSocket: { path: join(folder, 'flowd.sock') },
    plugins: { namedPipe: { pipePath: pipe } },
    backends: Object.fromEntries(Object.entries(backends).filter(([name]) => name !== without)),
  }
  return JSON.stringify(configuration, null, 2)
}
