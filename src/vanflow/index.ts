export type { AttributeValue, VanRecord } from './record.ts'
