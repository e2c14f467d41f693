import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/**
 * Holds TCP connections with itself over ::1 and moves some bytes on each; prints their port pairs, one line each, then
 * `ready`.
 * usage: many-connections-child.ts COUNT
 */
const count = Number(process.argv[2])
const server = createServer(socket => socket.resume()).listen(0, '::1', 4096)
await once(server, 'listening')
const { port } = server.address() as AddressInfo
for (let opened = 0; opened < count; opened += 1) {
  const socket = connect(port, '::1')
  await once(socket, 'connect')
  socket.write(Buffer.alloc(1000))
  console.log(`${socket.localPort} ${port}`)
}
console.log('ready')
