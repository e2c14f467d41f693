export type { ReadEvent } from './event-line.ts'
export { EVENT_LINE_GRAMMAR, eventLineError, readEventLine, splitRunTogether } from './event-line.ts'
export { joinEndpoints, readEndpoint, warningOfTuple } from './five-tuple.ts'
export { readIds, warningOfIds } from './ids.ts'
