import { type Finding, failed, ok, warning } from '../../checks/index.ts'
import { TidemarkError } from '../../common/index.ts'
import { type Link, linkHeaderBytes, listLinks, NETLINK, NetlinkSocket } from '../../linux/index.ts'
import { chooseInterfaces, interfaceAbsent } from '../backends/index.ts'
import type { HostCheck } from './host.ts'
import { checkTrafficControl, type MarkerSection } from './traffic-control.ts'

/** The longest packet without IPv6 BIG TCP: 65,535 bytes of payload and the header, rounded as the kernel does. */
const GSO_MAX_BYTES = 65_536

const NONE_PUBLIC = warning(
  'interfaces',
  'none has a public IPv6 address, so nothing is marked until one has',
  'give one a public address, or name interfaces in targetInterfaces and leave discoverInterfaces out',
)

/** The interfaces that are to be marked on, and what stands on them already. */
export const checkInterfaces: HostCheck = async ({ configuration }) => {
  const { marker } = configuration.backends ?? {}
  if (marker === undefined) return [ok('interfaces', 'none is to be marked on')]
  using socket = NetlinkSocket.open(NETLINK.ROUTE)
  const links = new Map(chooseInterfaces(socket, marker).map(link => [link.name, link]))
  const findings: Finding[] = marker.discoverInterfaces && links.size === 0 ? [NONE_PUBLIC] : []
  for (const name of marker.discoverInterfaces ? links.keys() : new Set(marker.targetInterfaces)) {
    const link = links.get(name)
    if (link === undefined) {
      const { message, remedy } = interfaceAbsent(name, listLinks(socket))
      findings.push(failed(`interface ${name}`, message, remedy))
      continue
    }
    findings.push(checkLink(name, link))
    findings.push(...(await checkTrafficControl(socket, link, marker, configuration.controlSocket.path)))
    findings.push(checkBigTcp(link, marker))
  }
  return findings
}

function checkLink(name: string, link: Link): Finding {
  const check = `interface ${name}`
  if (linkHeaderBytes(link) === undefined) {
    const details = { interface: name, linkType: link.arphrd }
    const { message, remedy } = new TidemarkError('LINK_TYPE_UNSUPPORTED', details)
    return failed(check, message, remedy)
  }
  if (!link.up) return warning(check, 'is down', `turn it on: ip link set ${name} up`)
  if (!link.running) return warning(check, 'has no carrier', 'look at the cable, or at what it is joined to')
  return ok(check, `up, MTU ${link.mtu}`)
}

function checkBigTcp({ name, gsoMaxBytes }: Link, { markingStrategy }: MarkerSection): Finding {
  const check = `BIG TCP ${name}`
  if (gsoMaxBytes <= GSO_MAX_BYTES) return ok(check, `off (gso_max_size ${gsoMaxBytes})`)
  const found = `on (gso_max_size ${gsoMaxBytes})`
  if (markingStrategy === 'label') return ok(check, `${found}; the label is written all the same`)
  return warning(
    check,
    `${found}; ${markingStrategy} leaves packets beyond ${GSO_MAX_BYTES} bytes unmarked`,
    `use markingStrategy label, or: ip link set ${name} gso_max_size ${GSO_MAX_BYTES}`,
  )
}
