import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { udpDrops } from './udp-drops.ts'

const DATAGRAMS = 2000

/** Connected to the socket, so that its own row names the address as well. */
const SENDER = `
import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], int(sys.argv[2])))
for _ in range(int(sys.argv[3])): s.send(b'x' * 1000)
`

describe.runIf(process.platform === 'linux')('udpDrops', () => {
  it.each(['127.0.0.1', '::1', '0.0.0.0', '::'])('counts what did not fit the buffer of %s', async address => {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 8192 })
    let received = 0
    socket.on('message', () => {
      received += 1
    })
    socket.bind(0, address)
    await once(socket, 'listening')
    const { port } = socket.address()
    expect(udpDrops(address, port)).toBe(0)
    const target = address.replace(/^::$/, '::1').replace('0.0.0.0', '127.0.0.1')
    // Nothing is received while this waits.
    spawnSync('python3', ['-c', SENDER, target, String(port), String(DATAGRAMS)])
    const drops = udpDrops(address, port) ?? 0
    expect(drops).toBeGreaterThan(0)
    await expect.poll(() => received + drops).toBe(DATAGRAMS)
    socket.close()
    await once(socket, 'close')
    expect(udpDrops(address, port)).toBeUndefined()
  })
})
