import { TidemarkError } from '../../../../common/index.ts'
import { type Link, listAddresses, listLinks, type NetlinkSocket } from '../../../../linux/index.ts'
import { addressReach } from '../../../addresses/index.ts'
import type { MarkerOptions } from '../options.ts'

/** Which interfaces to mark on: those named, or those that are public. */
export type WantedInterfaces = Pick<MarkerOptions, 'targetInterfaces' | 'discoverInterfaces'>

/** The wanted ones among the interfaces that are there. */
export function chooseInterfaces(socket: NetlinkSocket, wanted: WantedInterfaces): Link[] {
  const links = listLinks(socket)
  if (wanted.discoverInterfaces) {
    const indexes = publicInterfaces(socket)
    return links.filter(({ index }) => indexes.has(index))
  }
  const names = new Set(wanted.targetInterfaces)
  return links.filter(({ name }) => names.has(name))
}

/** @throws TidemarkError INTERFACE_ABSENT when one of the names is not among the links */
export function requireNamed(socket: NetlinkSocket, names: readonly string[], links: readonly Link[]): void {
  const there = new Set(links.map(({ name }) => name))
  const absent = names.find(name => !there.has(name))
  if (absent !== undefined) throw interfaceAbsent(absent, listLinks(socket))
}

/** The error that names what there is instead. */
export function interfaceAbsent(name: string, links: readonly Link[]): TidemarkError {
  return new TidemarkError('INTERFACE_ABSENT', { interface: name, there: listOf(links.map(link => link.name)) })
}

/** A host with many containers has hundreds of interfaces. */
const LISTED_INTERFACES = 20

function listOf(names: readonly string[]): string {
  const more = names.length > LISTED_INTERFACES ? ', …' : ''
  return `${names.slice(0, LISTED_INTERFACES).join(', ')}${more}`
}

/** The indexes of interfaces with an IPv6 address that the internet routes. */
function publicInterfaces(socket: NetlinkSocket): Set<number> {
  return new Set(
    listAddresses(socket)
      .filter(({ family, address }) => family === 'ipv6' && addressReach(address) === 'public')
      .map(({ interfaceIndex }) => interfaceIndex),
  )
}
