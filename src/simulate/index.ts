export * from './van/index.ts'
