export { LegacyPage, type LegacySource } from './legacy-page.ts'
