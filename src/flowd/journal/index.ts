export type { JournalSetup } from './journal.ts'
export { Journal } from './journal.ts'
