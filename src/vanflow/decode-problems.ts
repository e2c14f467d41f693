/**
 * Why something in a RECORD message was not taken as it stood. Nothing a source sends throws; it is counted here.
 *
 * | problem            | what is lost                                                                        |
 * |--------------------|-------------------------------------------------------------------------------------|
 * | malformed-body     | the body, or what follows the point where its lengths stop making sense             |
 * | not-a-map          | one item of the list                                                                |
 * | malformed-record   | one record, whose own lengths do not fit together                                   |
 * | no-type            | one record without an integer under key 0                                           |
 * | no-identity        | one record without a string under key 1                                             |
 * | bad-key            | one attribute whose key is no small unsigned integer                                |
 * | wrong-type         | one attribute whose AMQP type contradicts the table, or that is no scalar           |
 * | time-out-of-range  | one time of 2^53 microseconds (the year 2255) or later                              |
 * | unknown-type       | nothing: the record is kept by its number                                           |
 * | unknown-attribute  | nothing: the attribute is kept by its number                                        |
 */
export type DecodeProblem =
  | 'malformed-body'
  | 'not-a-map'
  | 'malformed-record'
  | 'no-type'
  | 'no-identity'
  | 'bad-key'
  | 'wrong-type'
  | 'time-out-of-range'
  | 'unknown-type'
  | 'unknown-attribute'

/** How often each problem was met; what was not met is absent. */
export type DecodeTally = Partial<Record<DecodeProblem, number>>
