import schema from './schema.json' with { type: 'json' }

export type { Firefly, FireflyState } from './firefly.ts'
export { createFireflyHeader, formatFirefly } from './format.ts'
export type { ReceivedFirefly } from './parse.ts'
export { parseFirefly, parseFireflyDatagram } from './parse.ts'

/** JSON Schema (2020-12) of firefly 1.0.0, to which every message that we send conforms. */
export const FIREFLY_SCHEMA: object = schema
