/**
 * A value of an attribute as it came off the wire. Integers beyond 2^53 stay bigint; whatever the attribute table
 * does not expect (a wrong AMQP type) is kept out of the record and counted.
 */
export type AttributeValue = string | number | bigint

/**
 * One record of a RECORD message: a delta that carries only what changed. `codes[i]` is the attribute code of
 * `values[i]`, in wire order; codes 0 and 1 (type and identity) are lifted out. Parallel arrays, because records
 * arrive by the hundred thousand a second and most carry two or three attributes.
 */
export interface VanRecord {
  /** Record type code, known or not (see the record type table). */
  type: number
  identity: string
  codes: number[]
  values: AttributeValue[]
}
