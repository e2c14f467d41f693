export { loadModules, MODULES_OPTION } from './load-modules.ts'
