import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** The kernel gives none of these to sockets that ask for any port (net.ipv4.ip_local_port_range). */
const [FIRST, LAST] = [20_000, 31_999]

let next = FIRST + Math.floor(Math.random() * (LAST - FIRST))

/**
 * A port of this host that nobody has, for programs that cannot say which one they took. Nobody is given it before it
 * is used, neither by the kernel nor by this.
 */
export async function freePort(protocol: 'tcp' | 'udp' = 'tcp'): Promise<number> {
  for (;;) {
    next = next === LAST ? FIRST : next + 1
    const port = next
    if (await isFree(port, protocol)) return port
  }
}

async function isFree(port: number, protocol: 'tcp' | 'udp'): Promise<boolean> {
  const holder = protocol === 'tcp' ? createServer().listen(port, '::') : createSocket('udp6').bind(port, '::')
  try {
    await once(holder, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
  holder.close()
  await once(holder, 'close')
  return true
}
