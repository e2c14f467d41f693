import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * Holds many TCP connections with itself over loopback, in a process of its own so that it can live in a namespace.
 * usage: connections-child.ts COUNT
 * Prints `ready PORT` when the connections stand; each is two sockets of this host. A line on its input closes one.
 */
const count = Number(process.argv[2])
const AT_ONCE = 200
const open: Socket[] = []

const server = createServer(socket => socket.on('error', () => undefined)).listen(0, '::1', 4096, () => {
  const { port } = server.address() as AddressInfo
  let begun = 0
  const next = (): void => {
    if (begun === count) return
    begun += 1
    const socket = connect(port, '::1', () => {
      open.push(socket)
      if (open.length === count) console.log(`ready ${port}`)
      next()
    }).on('error', () => undefined)
  }
  for (let index = 0; index < AT_ONCE; index += 1) next()
})

process.stdin.on('data', () => open.shift()?.resetAndDestroy())
