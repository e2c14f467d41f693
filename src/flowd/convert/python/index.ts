export type { Assignment, Unread } from './assignments.ts'
export { readAssignments } from './assignments.ts'
export type { PythonValue } from './value.ts'
export { describeValue, isSequence, isTruthy } from './value.ts'
