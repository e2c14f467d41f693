export { PROGRAM_PATH_OPTION } from '../program-path.ts'
export { CONNECTION_BYTES, readConnection, writeConnection } from './connection.ts'
export { CGROUP_PATH_OPTION } from './options.ts'
export { SocketProgram } from './socket-program.ts'
