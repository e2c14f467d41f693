import { type Check, type Finding, failed, warning } from '../../checks/index.ts'
import type { FlowdConfiguration } from '../configuration/index.ts'
import type { Need } from '../unit.ts'

/** What the checks go by. */
export interface Host {
  readonly configuration: FlowdConfiguration
  /** The units that the configuration turns on and that need something, by what they need. */
  readonly needs: ReadonlyMap<Need, readonly string[]>
}

/** Looks at one thing that flowd needs. */
export type HostCheck = Check<Host>

/** Something that is not there: a failure where the configuration needs it, else a hint. */
export function absent({ needs }: Host, check: string, need: Need, found: string, remedy: string): Finding {
  const users = needs.get(need)
  if (users === undefined) return warning(check, `${found}; nothing that is configured needs it`, remedy)
  return failed(check, `${found}; ${users.join(', ')} ${users.length === 1 ? 'needs' : 'need'} it`, remedy)
}
