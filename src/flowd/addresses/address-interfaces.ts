import { withoutZone } from '../../scitags/index.ts'
import { localInterfaceAddresses } from './local-addresses.ts'

/** How long a list of addresses holds, and how soon an address that is not in it has it read again. */
const FRESH_MS = 10_000
const RETRY_MS = 1000

/** Which interface of this host has an address. The list is read when it is asked for, as addresses come and go. */
export class AddressInterfaces {
  readonly #read: () => ReadonlyMap<string, string>
  readonly #nowMs: () => number
  #interfaces: ReadonlyMap<string, string> = new Map()
  #readMs = Number.NEGATIVE_INFINITY

  /** @param read gives the interface of each address, in canonical text */
  constructor(read = interfacesByAddress, nowMs: () => number = () => performance.now()) {
    this.#read = read
    this.#nowMs = nowMs
  }

  /**
   * The name of the interface; undefined when none of this host has the address.
   *
   * @param address in canonical text; a zone (`fe80::1%eth0`) names the interface itself
   */
  of(address: string): string | undefined {
    const plain = withoutZone(address)
    if (plain !== address) return address.slice(plain.length + 1)
    const ageMs = this.#nowMs() - this.#readMs
    const name = this.#interfaces.get(plain)
    if (ageMs < (name === undefined ? RETRY_MS : FRESH_MS)) return name
    this.#interfaces = this.#read()
    this.#readMs = this.#nowMs()
    return this.#interfaces.get(plain)
  }
}

/** An address that several interfaces have belongs to the first. */
function interfacesByAddress(): Map<string, string> {
  return new Map(
    localInterfaceAddresses()
      .reverse()
      .map(({ address, interfaceName }) => [address, interfaceName]),
  )
}
