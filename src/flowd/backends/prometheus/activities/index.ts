export { Activities } from './activities.ts'
export type { Activity } from './activity.ts'
