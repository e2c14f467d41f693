export type { SocketEnd } from './request.ts'
export type { SocketRecord } from './socket-record.ts'
export { SocketTable } from './socket-table.ts'
export type { TcpInfo } from './tcp-info.ts'
