import type { FlowChange } from '../../../src/flowd/flow.ts'
import { FlowTable, type ReadSocket } from '../../../src/flowd/flow-table/index.ts'

/**
 * A flow table by a clock that goes on by 1 ms a look, with what it told, which `also` hears; `take` gives what is new,
 * in words.
 */
export function toldTable(
  maxFlows = 100,
  also: (change: FlowChange) => void = () => undefined,
  readSocket: ReadSocket = () => undefined,
) {
  const changes: FlowChange[] = []
  let clock = 1_000_000
  const nowUs = () => (clock += 1000)
  const onChange = (change: FlowChange) => {
    changes.push(change)
    also(change)
  }
  const table = new FlowTable({ maxFlows, application: 'tidemark-1', onChange, nowUs, readSocket })
  const take = () => changes.splice(0).map(change => (change.kind === 'end' ? change.reason : change.kind))
  return { table, changes, take }
}
