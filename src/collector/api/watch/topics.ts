import type { ApiObject } from '../v1alpha1/projection.ts'

/** A topic names a set of changes that watchers subscribe to. */
export type Topic = string

export const typeTopic = (recordType: string): Topic => `type ${recordType}`
export const addressTopic = (vanAddress: string): Topic => `address ${vanAddress}`
export const recordTopic = (id: string): Topic => `record ${id}`

/** Flows are most of what changes; only watchers of an address or of single records see them. */
export function mayHoldFlows(topic: Topic): boolean {
  return topic.startsWith(addressTopic('')) || topic.startsWith(recordTopic(''))
}

/** Links as `topology` shows them: once each, from the side that accepts. */
export const INCOMING_LINKS: Topic = 'incoming links'

/** Whether an object is a link as `topology` shows it. */
export function isIncomingLink(object: ApiObject): boolean {
  return object['recordType'] === 'LINK' && (object['direction'] ?? 'incoming') === 'incoming'
}

/**
 * The topics that a change of an object belongs to.
 *
 * @param vanAddress the service address that the object belongs to, if any
 */
export function topicsOf(object: ApiObject, vanAddress: string | undefined): Topic[] {
  const topics = [typeTopic(String(object['recordType'])), recordTopic(String(object['identity']))]
  if (vanAddress !== undefined) topics.push(addressTopic(vanAddress))
  if (isIncomingLink(object)) topics.push(INCOMING_LINKS)
  return topics
}
