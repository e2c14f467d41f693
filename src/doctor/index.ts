export type { RoleFinding } from './doctor.ts'
export { examineHost } from './doctor.ts'
export type { Role } from './roles.ts'
