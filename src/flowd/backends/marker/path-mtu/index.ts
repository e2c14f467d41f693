export { KnownPaths } from './known-paths.ts'
export { PATH_PROGRAM_NAME, PATHS_MAP } from './layout.ts'
export { LearnerPrograms } from './learner-programs.ts'
