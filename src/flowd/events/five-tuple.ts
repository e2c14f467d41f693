import {
  addressFamily,
  canonicalAddress,
  type Endpoint,
  type FiveTuple,
  type Parsed,
  type Protocol,
  refused,
} from '../../scitags/index.ts'

/** Reads one end of a flow from its texts. `end` names it in refusals. */
export function readEndpoint(end: 'source' | 'destination', addressText: string, portText: string): Parsed<Endpoint> {
  const address = canonicalAddress(addressText)
  if (address === undefined) return refused(`${end} address`, 'not an IP address', addressText)
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : Number.NaN
  if (!(port <= 65_535)) return refused(`${end} port`, 'not a number of 0-65535', portText)
  return { ok: true, value: { address, port } }
}

/** Joins two ends to a flow, whose family is that of its source. */
export function joinEndpoints(protocol: Protocol, source: Endpoint, destination: Endpoint): FiveTuple {
  return { protocol, family: addressFamily(source.address), source, destination }
}

/** What is to be said of a flow that no packet can have. */
export function warningOfTuple({ family, destination }: FiveTuple): string | undefined {
  const other = addressFamily(destination.address)
  return other === family ? undefined : `the source address is ${family}, the destination ${other}`
}
