export { queryMappedAddress } from './client.ts'
