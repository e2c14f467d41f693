import { connect, createServer, type Socket } from 'node:net'

/**
 * One end of a TCP connection in a process of its own, so that it can live in another network namespace.
 * usage: tcp-peer-child.ts listen PORT | connect ADDRESS PORT BYTES
 * Prints `ready` when listening, or `sent LOCAL-PORT` once the bytes are written; then holds the connection.
 */
const [mode, ...args] = process.argv.slice(2)
if (mode === 'listen') {
  createServer((socket: Socket) => socket.resume().on('error', () => process.exit(1))).listen(
    Number(args[0]),
    '::',
    () => console.log('ready'),
  )
} else {
  const [address = '', port = '', bytes = ''] = args
  const socket = connect({ host: address, port: Number(port) }, () => {
    socket.write(Buffer.alloc(Number(bytes), 7), () => console.log(`sent ${socket.localPort}`))
  })
}
