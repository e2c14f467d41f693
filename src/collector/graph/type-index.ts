import { RECORD_TYPES } from '../../vanflow/index.ts'
import { isFlowType } from './record-kinds.ts'
import type { Rows } from './storage/rows.ts'

/** Which rows hold records of a type. Flows are not kept here: there are too many, and the rows themselves tell. */
export class TypeIndex {
  readonly #rows: Rows
  readonly #byType: readonly Set<number>[] = RECORD_TYPES.map(() => new Set<number>())

  constructor(rows: Rows) {
    this.#rows = rows
  }

  add(row: number, type: number): void {
    if (!isFlowType(type)) this.#byType[type]!.add(row)
  }

  remove(row: number, type: number): void {
    if (!isFlowType(type)) this.#byType[type]!.delete(row)
  }

  /** The rows of a type; records may come and go meanwhile. */
  *of(type: number): Generator<number> {
    if (!isFlowType(type)) {
      yield* this.#byType[type] ?? []
      return
    }
    for (let row = 1; row < this.#rows.end; row += 1) if (this.#rows.type(row) === type) yield row
  }
}
