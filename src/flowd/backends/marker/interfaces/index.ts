export { AttachedInterfaces } from './attached-interfaces.ts'
export { chooseInterfaces } from './choice.ts'
