import { examine, type Finding, ok } from '../checks/index.ts'
import { examineCollector } from '../collector/index.ts'
import { examineFlowd } from '../flowd/index.ts'
import { checkClock } from './clock.ts'
import { ROLES, type Role, roleOfFile, rolesOfHost } from './roles.ts'

/** A finding, with whom it concerns. */
export interface RoleFinding extends Finding {
  role: Role | 'host'
}

export interface DoctorOptions {
  /** The configuration file that was named, of one of the roles. */
  conf: string | undefined
  /** Whether the command was called by that name, which counts for where flowd's file is and what it means. */
  calledAsFlowdGo: boolean
  /** The only role to look at; else that of the file, else those that this host is set up for, else flowd. */
  role?: Role
  /** Where the collector reads `MESSAGING_CONNECT_FILE`. */
  environment: NodeJS.ProcessEnv
}

/**
 * Looks whether this host, and what it is to talk to, offer what the roles need. Changes nothing; it sends a datagram
 * without content to each collector of fireflies, and connects to the collector's router as the collector does.
 */
export async function examineHost(options: DoctorOptions): Promise<RoleFinding[]> {
  const { conf, calledAsFlowdGo, environment } = options
  const roles = chooseRoles(options)
  const findings: RoleFinding[] = []
  for (const role of ROLES) {
    if (!roles.includes(role)) continue
    const found =
      role === 'flowd' ? await examineFlowd({ conf, calledAsFlowdGo }) : await examineCollector(conf, environment)
    findings.push(...found.map(finding => ({ role, ...finding })))
  }
  if (options.role === undefined && conf === undefined) findings.push(...absentRoles(roles))
  const ofHost = process.platform === 'linux' ? await examine([checkClock], undefined) : []
  return [...findings, ...ofHost.map(finding => ({ role: 'host' as const, ...finding }))]
}

function chooseRoles({ role, conf, environment }: DoctorOptions): readonly Role[] {
  if (role !== undefined) return [role]
  if (conf !== undefined) return [roleOfFile(conf)]
  const roles = rolesOfHost(environment)
  return roles.length > 0 ? roles : ['flowd']
}

function absentRoles(roles: readonly Role[]): RoleFinding[] {
  const found = (role: Role) =>
    ok('set up', `no unit of it is enabled and no configuration says anything; --role ${role} looks all the same`)
  return ROLES.filter(role => !roles.includes(role)).map(role => ({ role, ...found(role) }))
}
