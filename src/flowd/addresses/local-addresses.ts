import { networkInterfaces } from 'node:os'
import { canonicalAddress } from '../../scitags/index.ts'

/** Every address of every interface of this host, in canonical text. */
export function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(
    list => list?.map(({ address }) => canonicalAddress(address) ?? address) ?? [],
  )
}
