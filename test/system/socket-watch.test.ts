import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/common/index.ts'
import { type HostSocket, SocketWatch } from '../../src/flowd/plugins/socket-watch/index.ts'
import { inNetworkNamespace, SocketTable } from '../../src/linux/index.ts'
import { flowKey } from '../../src/scitags/index.ts'
import { Laboratory, type TestNamespace } from '../support/namespace.ts'
import { Connections } from '../support/sock-ops/connections.ts'

const PORT = 5500
const PATIENCE = { timeout: 20_000, interval: 20 }

const laboratory = new Laboratory()
let namespace: TestNamespace
let connections: Connections

beforeAll(async () => {
  namespace = laboratory.namespace()
  connections = new Connections(namespace)
  for (const address of ['::1', '127.0.0.1']) await connections.tell('listen', address, PORT)
})
afterAll(() => laboratory.close())

/** A watch of the namespace, with the sockets that live by what it told; it throws when that does not add up. */
async function watching() {
  const live = new Map<string, HostSocket>()
  const faults: string[] = []
  let looks = 0
  const watch = new SocketWatch({
    periodMs: 10,
    log: silentLogger,
    openTable: () => inNetworkNamespace(namespace.path, () => SocketTable.open()),
    onLook: async ({ came, gone }) => {
      for (const socket of gone) if (!live.delete(socket.cookie)) faults.push(`went twice: ${socket.cookie}`)
      for (const socket of came) {
        if (live.has(socket.cookie)) faults.push(`came twice: ${socket.cookie}`)
        live.set(socket.cookie, socket)
      }
      looks += 1
    },
  })
  await watch.start()
  const keys = () => [...live.values()].map(({ tuple }) => flowKey(tuple)).sort()
  return { watch, live, keys, faults, looks: () => looks }
}

/** The established TCP connections by what ss says. */
function established(): string[] {
  const lines = namespace.exec('ss', '-tnHO', 'state', 'established').trim().split('\n')
  return lines
    .filter(line => line !== '')
    .map(line => {
      const [, , local = '', remote = ''] = line.trim().split(/\s+/)
      const end = (text: string) => text.replace(/^\[?(.*?)\]?:(\d+)$/, '$1 $2')
      return `tcp ${end(local)} ${end(remote)}`
    })
    .sort()
}

describe('SocketWatch', () => {
  it('tells each connection once as it comes and once as it goes, both ends, IPv4 and IPv6, while others churn', async () => {
    const { watch, keys, faults, looks } = await watching()
    for (let index = 0; index < 150; index += 1) {
      const address = index % 3 === 0 ? '127.0.0.1' : '::1'
      await connections.tell('open', `c${index}`, address, 0, address, PORT)
      if (index % 2 === 1) await connections.tell(index % 4 === 1 ? 'reset' : 'end', `c${index - 1}`)
    }
    await expect.poll(() => keys(), PATIENCE).toEqual(established())
    expect(keys()).toHaveLength(150)
    await connections.tell('reset-all')
    await expect.poll(() => keys(), PATIENCE).toEqual([])
    expect(faults).toEqual([])
    expect(looks()).toBeGreaterThan(2)
    await watch.stop()
  })

  it('takes neither listeners nor what is past for flows, and reads on after a stop nothing', async () => {
    await connections.tell('open', 'one', '::1', 0, '::1', PORT)
    await connections.tell('end', 'one')
    const { watch, live, looks } = await watching()
    await expect.poll(() => looks(), PATIENCE).toBeGreaterThan(2)
    expect([...live.values()]).toEqual([])
    await watch.stop()
    const before = looks()
    await connections.tell('open', 'two', '::1', 0, '::1', PORT)
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(looks()).toBe(before)
    await connections.tell('reset-all')
  })

  it('tells of a connected UDP socket, and of none that is not', async () => {
    const script = `
import socket, sys
one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); one.bind(('::1', 5600))
two = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); two.bind(('::1', 5601)); two.connect(('::1', 5600))
print('ready', flush=True); sys.stdin.read()`
    const child = namespace.spawn('python3', ['-c', script])
    const { watch, keys } = await watching()
    await expect.poll(() => keys(), PATIENCE).toEqual(['udp ::1 5601 ::1 5600'])
    child.kill()
    await expect.poll(() => keys(), PATIENCE).toEqual([])
    await watch.stop()
  })
})
