import { resolveCgroup } from '../../../linux/index.ts'
import { addressReach, networkSet } from '../../addresses/index.ts'
import type { HostSocket } from '../socket-watch/index.ts'
import { Cgroups } from './cgroups.ts'
import type { NetlinkOptions, RuleOptions } from './options.ts'
import { cgroupPath, type RuleTest, ruleTest } from './rule.ts'

/** The rules of the plugin, in order. */
export class Rules {
  readonly #rules: readonly { rule: RuleOptions; fits: RuleTest }[]
  readonly #cgroups: Cgroups | undefined
  readonly #isInternal: (address: string) => boolean
  readonly #privateDestinations: boolean

  constructor({ rules, internalNetworks, privateDestinations }: NetlinkOptions) {
    const paths = rules.flatMap(({ cgroup }) => (cgroup === undefined ? [] : [cgroupPath(cgroup)]))
    const cgroups = paths.length === 0 ? undefined : new Cgroups(resolveCgroup(''), paths)
    this.#cgroups = cgroups
    this.#rules = rules.map((rule, index) => ({ rule, fits: ruleTest({ index, rule, cgroups }) }))
    this.#isInternal = networkSet(internalNetworks)
    this.#privateDestinations = privateDestinations
  }

  /** Gets to know the cgroups of these sockets; before they are asked for. */
  async prepare(sockets: readonly HostSocket[]): Promise<void> {
    await this.#cgroups?.learn(sockets.flatMap(({ cgroupId }) => cgroupId ?? []))
  }

  /** The first rule that a socket fits. */
  find(socket: HostSocket): RuleOptions | undefined {
    const { address } = socket.tuple.destination
    if (this.#isInternal(address)) return undefined
    const isTagged = this.#privateDestinations || addressReach(address) === 'public'
    return this.#rules.find(({ rule, fits }) => (isTagged || rule.destinationNetworks !== undefined) && fits(socket))
      ?.rule
  }
}
