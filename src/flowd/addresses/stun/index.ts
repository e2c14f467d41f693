export type { StunQuery, StunServer } from './client.ts'
export { queryMappedAddress } from './client.ts'
export type { MappedAddress } from './message.ts'
