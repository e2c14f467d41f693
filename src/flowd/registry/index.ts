export { REGISTRY_OPTIONS } from './options.ts'
export { RegistryService } from './registry-service.ts'
