export { AddressMapping } from './address-mapping.ts'
export { ADDRESS_MAPPING_OPTIONS } from './options.ts'
export type { AddressSample } from './sample.ts'
export { sampleAddresses } from './sample.ts'
