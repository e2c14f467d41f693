import type { Topic } from '../watch/topics.ts'
import { addressTopic, INCOMING_LINKS, isIncomingLink, recordTopic, typeTopic } from '../watch/topics.ts'
import type { ApiObject, Projection } from './projection.ts'
import type { ApiQuery } from './query.ts'

/** What a path answers with. */
export interface Selection {
  objects: Iterable<ApiObject>
  /** What a watcher of the path is told of. */
  topics: readonly Topic[]
  /** Whether ended objects are among them. */
  includeDeleted: boolean
}

/** Makes the answer to a query, or undefined when the query lacks what the path needs. */
export type Select = (projection: Projection, query: ApiQuery) => Selection | undefined

/** The paths of v1alpha1. Lists of a type hold what has ended, unless told otherwise; the others the contrary. */
export const SELECTIONS: Readonly<Record<string, Select>> = {
  topology: selectTopology,
  routers: listOf('ROUTER'),
  links: listOf('LINK'),
  vanaddrs: listOf('VAN_ADDRESS'),
  addresses: listOf('VAN_ADDRESS'),
  flows: selectFlows,
  record: selectRecords,
  listeners: listOf('LISTENER'),
  connectors: listOf('CONNECTOR'),
  processes: listOf('PROCESS'),
  images: listOf('IMAGE'),
  sites: listOf('SITE'),
}

function listOf(recordType: string): Select {
  return (projection, query) => ({
    objects: projection.list(recordType),
    topics: [typeTopic(recordType)],
    includeDeleted: query.includeDeleted ?? true,
  })
}

function selectTopology(projection: Projection, query: ApiQuery): Selection {
  return {
    objects: routersAndLinks(projection),
    topics: [typeTopic('ROUTER'), INCOMING_LINKS],
    includeDeleted: query.includeDeleted ?? false,
  }
}

function* routersAndLinks(projection: Projection): Generator<ApiObject> {
  yield* projection.list('ROUTER')
  for (const link of projection.list('LINK')) if (isIncomingLink(link)) yield link
}

function selectFlows(projection: Projection, query: ApiQuery): Selection | undefined {
  if (query.vanAddresses.length === 0) return undefined
  const addresses = [...new Set(query.vanAddresses)]
  const includeDeleted = query.includeDeleted ?? false
  return {
    objects: flowsOf(projection, addresses, includeDeleted),
    topics: addresses.map(addressTopic),
    includeDeleted,
  }
}

function* flowsOf(projection: Projection, addresses: readonly string[], includeDeleted: boolean): Generator<ApiObject> {
  for (const address of addresses) yield* projection.flows(address, includeDeleted)
}

function selectRecords(projection: Projection, query: ApiQuery): Selection {
  return {
    objects: query.ids.map(id => projection.get(id)).filter(object => object !== undefined),
    topics: query.ids.map(recordTopic),
    includeDeleted: query.includeDeleted ?? false,
  }
}
