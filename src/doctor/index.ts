export type { DoctorOptions, RoleFinding } from './doctor.ts'
export { examineHost } from './doctor.ts'
export { ROLES, type Role } from './roles.ts'
