import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/**
 * Opens and closes TCP connections on demand, in a process of its own so that it can live in a namespace and a cgroup.
 * Takes lines and answers each with `done RESULT`:
 * `listen ADDRESS PORT`, `open NAME SOURCE PORT DESTINATION PORT` (port 0 for any; the result is the port),
 * `send NAME BYTES`, `end NAME`, `reset NAME`, `reset-all`, `refused ADDRESS PORT` (a connection that must fail).
 */
const sockets = new Map<string, Socket>()

function open([name = '', source = '', sourcePort = '', destination = '', port = '']: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const [localAddress, localPort] = [source, Number(sourcePort)]
    const socket = connect({ host: destination, port: Number(port), localAddress, localPort })
    socket.once('error', reject)
    socket.once('connect', () => {
      sockets.set(name, socket.on('error', () => undefined).resume())
      resolve(socket.localPort ?? 0)
    })
  })
}

function listen([address, port]: string[]): Promise<void> {
  const server = createServer(socket => socket.resume().on('error', () => undefined))
  return new Promise(resolve => void server.listen(Number(port), address, resolve))
}

async function close(socket: Socket | undefined, how: 'end' | 'resetAndDestroy'): Promise<void> {
  if (socket === undefined || socket.closed) return
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket[how]()
  await closed
}

async function carryOut(command: string, words: string[]): Promise<unknown> {
  const socket = sockets.get(words[0] ?? '')
  switch (command) {
    case 'listen':
      return listen(words)
    case 'open':
      return open(words)
    case 'send':
      return new Promise(resolve => socket?.write(Buffer.alloc(Number(words[1]), 7), () => resolve('')))
    case 'end':
      return close(socket, 'end')
    case 'reset':
      return close(socket, 'resetAndDestroy')
    case 'reset-all':
      return Promise.all([...sockets.values()].map(each => close(each, 'resetAndDestroy'))).then(() => sockets.clear())
    case 'refused':
      return open(['refused', ...words]).then(
        () => 'connected',
        () => 'refused',
      )
    default:
      throw new Error(`no such command: ${command}`)
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command = '', ...words] = line.split(' ')
  try {
    console.log(`done ${(await carryOut(command, words)) ?? ''}`)
  } catch (error) {
    console.log(`failed ${String(error)}`)
  }
}
