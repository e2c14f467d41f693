export type { SocketEnd } from './request.ts'
export { SocketTable } from './socket-table.ts'
