import { connect, createServer } from 'node:net'

/**
 * One end of a slow TCP stream, in a process of its own so that it can live in a network namespace.
 * usage: tcp-stream-child.ts listen PORT | send ADDRESS PORT
 * Prints `ready` when listening, `port N` (its own) when sending; sends 100 bytes every 2 ms until it is killed.
 */
const [mode, ...args] = process.argv.slice(2)
if (mode === 'listen') {
  const server = createServer(socket => socket.resume().on('error', () => undefined))
  server.listen(Number(args[0]), '::', () => console.log('ready'))
} else {
  const [address = '', port = ''] = args
  const socket = connect({ host: address, port: Number(port), noDelay: true }, () => {
    console.log(`port ${socket.localPort}`)
    setInterval(() => socket.write(Buffer.alloc(100, 7)), 2)
  })
}
