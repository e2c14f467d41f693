import type { ApplyOutcome, SourceHandle, SourceType, ViewPort } from '../../src/collector/graph/index.ts'
import { Graph, type GraphOptions } from '../../src/collector/graph/index.ts'
import { type ApiObject, V1alpha1Projection } from '../../src/collector/graph/v1alpha1/index.ts'
import {
  ATTRIBUTE,
  type AttributeName,
  type AttributeValue,
  RECORD_TYPE,
  type RecordTypeName,
  type VanRecord,
} from '../../src/vanflow/index.ts'

/** Attributes by name (`AttributeName`), or by code where a name would not do. */
export type Told = Readonly<Record<string, AttributeValue>>

/** A delta as the decoder would hand it on. */
export function delta(type: RecordTypeName | number, identity: string, told: Told = {}): VanRecord {
  const codes = Object.keys(told).map(key => ATTRIBUTE[key as AttributeName] ?? Number(key))
  return {
    type: typeof type === 'number' ? type : RECORD_TYPE[type],
    identity,
    codes,
    values: Object.values(told),
  }
}

/** Source clocks in tests start here, in microseconds since the epoch. */
export const T = 1_700_000_000_000_000

/** A graph with a clock that the test sets, told things in few words. */
export class ToldGraph {
  nowUs = T
  readonly graph: Graph
  readonly view: ViewPort
  readonly api: V1alpha1Projection
  readonly #sources = new Map<string, SourceHandle>()

  constructor(options: Partial<GraphOptions> = {}) {
    this.graph = new Graph({ nowUs: () => this.nowUs, ...options })
    this.view = this.graph.view
    this.api = new V1alpha1Projection(this.view)
  }

  open(id: string, type: SourceType = 'ROUTER'): SourceHandle {
    const source = this.graph.openSource(id, type, this.nowUs)
    this.#sources.set(id, source)
    return source
  }

  /** The open source of an id, opened when there is none yet. */
  source(id: string): SourceHandle {
    return this.#sources.get(id) ?? this.open(id)
  }

  /** Tells a record, from the router that numbered it; records with other identities come from `controller`. */
  tell(type: RecordTypeName | number, identity: string, told: Told = {}, sourceId = minterOf(identity)): ApplyOutcome {
    return this.graph.apply(this.source(sourceId), delta(type, identity, told), this.nowUs)
  }

  address(name: string): Told {
    return { ...(this.view.address(name)?.attributes as Told) }
  }

  attributes(identity: string): Readonly<Record<string, AttributeValue>> {
    return this.view.get(identity)?.attributes ?? {}
  }

  flows(vanAddress: string, includeDeleted = false): ApiObject[] {
    return [...this.api.flows(vanAddress, includeDeleted)]
  }
}

function minterOf(identity: string): string {
  const [router] = /^\w{5}:/.exec(identity) ?? []
  return router === undefined ? 'controller' : `${router}0`
}
