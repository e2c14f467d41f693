export type { StunServer } from './client.ts'
export { queryMappedAddress } from './client.ts'
