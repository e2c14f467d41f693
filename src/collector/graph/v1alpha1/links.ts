import type { AttributeValue } from '../../../vanflow/index.ts'
import type { ViewPort, ViewRecord } from '../view-port.ts'
import { type ApiObject, additions, apiObject } from './api-object.ts'

/** What distinguishes a link as the peer sees it from the one that was reported. */
export const PEER_SIDE = '~p'

/**
 * The LINK records that the prototype's clients know a link by. Older routers report each link from both ends, and
 * give the peer's name. Today's report it once, from the end that connects, and name the connector: such a link is
 * shown from both ends, once it is known who the peer is.
 */
export function linkObjects(view: ViewPort, link: ViewRecord): ApiObject[] {
  const { identity, attributes } = link
  const { role, operStatus, peer } = attributes
  if (role === undefined && operStatus === undefined && peer === undefined) {
    return [apiObject('LINK', identity, { ...attributes, name: routerName(attributes['name']), ...additions(link) })]
  }
  const own = view.parentOf(link)
  const access = view.targetOf(link)
  const peerRouter = access === undefined ? undefined : view.parentOf(access)
  const mode = attributes['mode'] ?? modeOf(role)
  const name = peerRouter?.get('name') ?? attributes['name']
  const outgoing = { ...attributes, mode, name, direction: 'outgoing', ...additions(link) }
  const objects = [apiObject('LINK', identity, outgoing)]
  if (access?.get('parent') === undefined) return objects
  const incoming = {
    ...attributes,
    parent: access.get('parent'),
    peer: undefined,
    mode,
    name: own?.get('name'),
    direction: 'incoming',
    octets: attributes['octetsReverse'],
    octetsReverse: attributes['octets'],
    ...additions(link),
  }
  return [...objects, apiObject('LINK', identity + PEER_SIDE, incoming)]
}

/** Router names begin with their area; routers before 3.0 leave it out in links. The area is always 0. */
function routerName(name: AttributeValue | undefined): AttributeValue | undefined {
  return typeof name === 'string' && !name.includes('/') ? `0/${name}` : name
}

/** What the role of a link is called as its mode. */
function modeOf(role: AttributeValue | undefined): AttributeValue | undefined {
  return role === 'inter-router' ? 'interior' : role
}
