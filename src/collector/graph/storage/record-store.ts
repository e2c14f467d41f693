import { ATTRIBUTE, type AttributeValue } from '../../../vanflow/index.ts'
import {
  ALL_TEXT_FIELDS,
  HOST_FIELD,
  NUMBER_FIELDS,
  PLACE,
  PLACES,
  ROW_CODES,
  TARGET_CODE,
  TEXT_FIELDS,
} from './attribute-places.ts'
import { Extras } from './extras.ts'
import { HostIndex } from './host-index.ts'
import { IdentityTable } from './identity-table.ts'
import { ROW_WORDS, STATE, VACANT, WORD, type WordField } from './layout.ts'
import { PARENT_FIELDS, Relation, TARGET_FIELDS } from './relation.ts'
import { Rows } from './rows.ts'
import { Texts } from './texts.ts'

/** What a row costs. */
const ROW_BYTES = ROW_WORDS * 4

/**
 * Records as rows: who bears an identity, attributes by code, and references with their reverse. Knows nothing of
 * sources, ends or what records mean to each other.
 *
 * A row without a record is vacant: it stands for an identity that others refer to. Once another record takes an
 * identity over, the former bearer's row is detached: it keeps its record and those that refer to it.
 */
export class RecordStore {
  readonly rows = new Rows()
  readonly texts = new Texts()
  readonly extras = new Extras()
  readonly hosts = new HostIndex(this.rows)
  readonly parents = new Relation(this.rows, PARENT_FIELDS)
  readonly targets = new Relation(this.rows, TARGET_FIELDS)
  readonly #identities = new IdentityTable(this.rows)
  readonly #onParkedReleased: (row: number) => void

  /** @param onParkedReleased called with a parked row when one that referred to it does so no more */
  constructor(onParkedReleased: (row: number) => void) {
    this.#onParkedReleased = onParkedReleased
  }

  /** Estimate of the memory held. */
  get bytes(): number {
    return this.rows.used * ROW_BYTES + this.#identities.bytes + this.texts.bytes + this.extras.bytes
  }

  /** The row that bears an identity, vacant or not; 0 when there is none. */
  find(identity: string): number {
    return this.#identities.find(identity)
  }

  /** Makes a vacant row bear an identity that nobody bears. */
  add(identity: string): number {
    const row = this.rows.allocate()
    this.#identities.name(row, identity)
    return row
  }

  /** The identity of a row, whether it bears it still or not. */
  identity(row: number): string {
    return this.#identities.identity(row)
  }

  /** Takes its identity from a row; another may bear it then. */
  detach(row: number): void {
    this.#identities.delete(row)
    this.rows.set(row, STATE.detached)
  }

  /** Gives a detached row its identity back; nobody else may bear it. */
  attach(row: number): void {
    this.#identities.add(row)
    this.rows.clear(row, STATE.detached)
  }

  /** Puts a record of a type into a vacant row. */
  fill(row: number, type: number): void {
    const { rows } = this
    rows.setWord(row, WORD.state, (rows.word(row, WORD.state) & ~STATE.typeMask) | type)
  }

  /**
   * Sets an attribute, whatever its place. Empty references and times of 0 mean "not set", and values whose kind
   * contradicts the table mean nothing: both change nothing. Returns whether the record is another than before.
   */
  set(row: number, type: number, code: number, value: AttributeValue): boolean {
    const place = PLACES[code] ?? PLACE.outside
    switch (place) {
      case PLACE.number:
        if (typeof value === 'number') return this.#setNumber(row, code, value)
        // Counters beyond 2^53 do not fit a row.
        return typeof value === 'bigint' ? this.#setExtra(row, code, value) : false
      case PLACE.time:
        return typeof value === 'number' && value !== 0 ? this.#setNumber(row, code, value) : false
      case PLACE.text:
        return typeof value === 'string' ? this.#setText(row, type, code, value) : false
      case PLACE.parent:
        return typeof value === 'string' ? this.#setReference(row, this.parents, value) : false
      case PLACE.target:
        if (TARGET_CODE[type] !== code) return this.#setExtra(row, code, value)
        return typeof value === 'string' ? this.#setReference(row, this.targets, value) : false
      default:
        return this.#setExtra(row, code, value)
    }
  }

  /** An attribute's value; references as the identity that they name. */
  get(row: number, code: number): AttributeValue | undefined {
    if (this.rows.has(row, STATE.extras)) {
      const extra = this.extras.get(row, code)
      if (extra !== undefined) return extra
    }
    if (code === ATTRIBUTE.parent) return this.#identityOf(this.parents.of(row))
    if (code !== 0 && TARGET_CODE[this.rows.type(row)] === code) return this.#identityOf(this.targets.of(row))
    const field = NUMBER_FIELDS[code]
    if (field !== undefined) return this.rows.number(row, field)
    const word = TEXT_FIELDS[code]
    return word === undefined ? undefined : this.text(row, word)
  }

  /** A text of the row itself. */
  text(row: number, field: WordField): string | undefined {
    const number = this.rows.word(row, field)
    return number === 0 ? undefined : this.texts.text(number)
  }

  /** The codes of all attributes that are set, in no order. */
  *codes(row: number): Generator<number> {
    const { rows } = this
    const extras = rows.has(row, STATE.extras) ? this.extras.of(row) : undefined
    if (extras !== undefined) yield* extras.keys()
    if (this.parents.of(row) !== 0) yield ATTRIBUTE.parent
    if (this.targets.of(row) !== 0) yield TARGET_CODE[rows.type(row)]!
    for (const code of ROW_CODES) {
      const field = NUMBER_FIELDS[code]
      const isSet =
        field === undefined ? rows.word(row, TEXT_FIELDS[code]!) !== 0 : rows.number(row, field) !== undefined
      if (isSet && extras?.has(code) !== true) yield code
    }
  }

  /** Makes those that refer to a row refer to another instead, if they are meant. */
  moveReferrers(from: number, to: number, isMeant: (row: number) => boolean): void {
    for (const relation of [this.parents, this.targets]) {
      for (const row of relation.referring(from)) {
        if (!isMeant(row)) continue
        relation.unlink(row)
        relation.link(row, to)
      }
    }
    this.#letGo(from)
  }

  /** Empties a row: its record is gone. The row stays, vacant, while others refer to it. */
  remove(row: number): void {
    const { rows } = this
    for (const relation of [this.parents, this.targets]) {
      const to = relation.unlink(row)
      if (to !== 0 && to !== row) this.#letGo(to)
    }
    const hostField = HOST_FIELD[rows.type(row)]
    for (const field of ALL_TEXT_FIELDS) {
      const text = rows.word(row, field)
      if (text !== 0 && field === hostField) this.hosts.remove(row, text)
      if (text !== 0) this.texts.release(text)
      rows.setWord(row, field, 0)
    }
    if (rows.has(row, STATE.extras)) this.extras.clear(row)
    rows.setWord(row, WORD.state, VACANT | (rows.word(row, WORD.state) & STATE.detached))
    rows.setWord(row, WORD.serial, rows.word(row, WORD.serial) + 1)
    rows.setWord(row, WORD.source, 0)
    rows.setWord(row, WORD.address, 0)
    rows.setWord(row, WORD.connectorAddress, 0)
    this.#releaseIfUnused(row)
  }

  /** One that referred to a row does so no more. */
  #letGo(row: number): void {
    if (this.rows.has(row, STATE.parked)) this.#onParkedReleased(row)
    else this.#releaseIfUnused(row)
  }

  /** Releases a row that is vacant and that nobody refers to. */
  #releaseIfUnused(row: number): void {
    const { rows } = this
    if (rows.type(row) !== VACANT || this.parents.hasAny(row) || this.targets.hasAny(row)) return
    if (!rows.has(row, STATE.detached)) this.#identities.delete(row)
    this.#identities.unname(row)
    rows.release(row)
  }

  #identityOf(row: number): string | undefined {
    return row === 0 ? undefined : this.identity(row)
  }

  #setNumber(row: number, code: number, value: number): boolean {
    if (this.rows.has(row, STATE.extras)) this.extras.unset(row, code)
    return this.rows.setNumber(row, NUMBER_FIELDS[code]!, value)
  }

  #setExtra(row: number, code: number, value: AttributeValue): boolean {
    this.rows.set(row, STATE.extras)
    return this.extras.set(row, code, value)
  }

  #setText(row: number, type: number, code: number, value: string): boolean {
    const field = TEXT_FIELDS[code]!
    const former = this.rows.word(row, field)
    if (former !== 0) {
      if (this.texts.text(former) === value) return false
      if (HOST_FIELD[type] === field) this.hosts.remove(row, former)
      this.texts.release(former)
    }
    const text = this.texts.acquire(value)
    this.rows.setWord(row, field, text)
    if (HOST_FIELD[type] === field) this.hosts.add(row, text)
    return true
  }

  #setReference(row: number, relation: Relation, identity: string): boolean {
    if (identity === '') return false
    const former = relation.of(row)
    const bearer = this.find(identity)
    if (bearer !== 0 && bearer === former) return false
    relation.unlink(row)
    relation.link(row, bearer === 0 ? this.add(identity) : bearer)
    if (former !== 0) this.#letGo(former)
    return true
  }
}
