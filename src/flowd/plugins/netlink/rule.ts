import { isTidemarkError, TidemarkError } from '../../../common/index.ts'
import { accountId } from '../../account.ts'
import { networkSet } from '../../addresses/index.ts'
import type { HostSocket } from '../socket-watch/index.ts'
import type { Cgroups } from './cgroups.ts'
import type { RuleOptions } from './options.ts'
import { portSet } from './ports.ts'

/** Whether a socket is as a rule wants it, the exclusions of the plugin aside. */
export type RuleTest = (socket: HostSocket) => boolean

export interface RuleSetup {
  /** Its place in the list, for errors. */
  index: number
  rule: RuleOptions
  /** Present when any rule names a cgroup. */
  cgroups: Cgroups | undefined
}

/**
 * Makes a rule ready to be asked often.
 *
 * @throws TidemarkError RULE_UNUSABLE when its user is unknown
 */
export function ruleTest({ index, rule, cgroups }: RuleSetup): RuleTest {
  const { protocol, user, cgroup } = rule
  const tests: RuleTest[] = []
  if (protocol !== undefined) tests.push(({ tuple }) => tuple.protocol === protocol)
  if (rule.sourcePorts !== undefined) {
    const has = portSet(rule.sourcePorts)
    tests.push(({ tuple }) => has(tuple.source.port))
  }
  if (rule.destinationPorts !== undefined) {
    const has = portSet(rule.destinationPorts)
    tests.push(({ tuple }) => has(tuple.destination.port))
  }
  if (user !== undefined) {
    const wanted = userId(user, index)
    tests.push(({ uid }) => uid === wanted)
  }
  if (cgroup !== undefined) {
    const path = cgroupPath(cgroup)
    tests.push(({ cgroupId }) => cgroupId !== undefined && cgroups?.isBelow(cgroupId, path) === true)
  }
  if (rule.sourceNetworks !== undefined) {
    const has = networkSet(rule.sourceNetworks)
    tests.push(({ tuple }) => has(tuple.source.address))
  }
  if (rule.destinationNetworks !== undefined) {
    const has = networkSet(rule.destinationNetworks)
    tests.push(({ tuple }) => has(tuple.destination.address))
  }
  return socket => tests.every(test => test(socket))
}

/** A cgroup's path as folders have it: without the slashes around it. */
export function cgroupPath(text: string): string {
  return text.replace(/^\/|\/+$/g, '')
}

function userId(user: string, index: number): number {
  try {
    return accountId('user', user)
  } catch (error) {
    if (!isTidemarkError(error, 'ACCOUNT_UNKNOWN')) throw error
    throw new TidemarkError(
      'RULE_UNUSABLE',
      { rule: `plugins.netlink.rules[${index}].user`, reason: error.message },
      error,
    )
  }
}
