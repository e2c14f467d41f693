export { AttachedInterfaces } from './attached-interfaces.ts'
export { chooseInterfaces, interfaceAbsent } from './choice.ts'
