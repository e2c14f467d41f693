export { examineFlowd } from './doctor.ts'
