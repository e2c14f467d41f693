import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { type Finding, failed, ok } from '../../checks/index.ts'
import { codeOf, messageOf } from '../../common/index.ts'
import type { FlowdConfiguration } from '../configuration/index.ts'
import type { HostCheck } from './host.ts'

/** How long a host has to say that nothing listens on a port. */
const REFUSAL_MS = 1000

interface Collector {
  host: string
  port: number
}

/** Whether what is sent to the configured collectors can get there. */
export const checkCollectors: HostCheck = async ({ configuration }) => {
  const collectors = collectorsOf(configuration)
  if (collectors.length === 0) return [ok('collectors', 'none is configured')]
  return await Promise.all(collectors.map(checkCollector))
}

function collectorsOf({ backends = {}, plugins = {} }: FlowdConfiguration): Collector[] {
  const { firefly } = backends
  const single = firefly?.sendToCollector === true
  return [
    ...(single ? [{ address: firefly.collectorAddress, port: firefly.collectorPort }] : []),
    ...(firefly?.collectors ?? []),
    ...(plugins.firefly?.fireflyReceivers ?? []),
  ].map(({ address, port }) => ({ host: address, port }))
}

async function checkCollector({ host, port }: Collector): Promise<Finding> {
  const check = `collector ${isIPv6(host) ? `[${host}]` : host}:${port}`
  let address: string
  try {
    ;({ address } = await lookup(host))
  } catch (error) {
    const remedy = `check the name, and /etc/resolv.conf; 'getent hosts ${host}' asks the same`
    return failed(check, `its name does not resolve: ${messageOf(error)}`, remedy)
  }
  try {
    const source = await sendNothing(address, port)
    return ok(check, `reached from ${source} at ${address}; nothing refuses there, which is all that UDP tells`)
  } catch (error) {
    return failed(check, `${address}: ${messageOf(error)}`, remedyOf(error, address))
  }
}

/**
 * Sends a datagram without content, which every collector drops, and waits for a refusal.
 *
 * @returns the address it left from
 */
async function sendNothing(address: string, port: number): Promise<string> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  try {
    // An error that comes while we wait ends the wait: `once` rejects.
    const refusal = once(socket, 'refused', { signal: AbortSignal.timeout(REFUSAL_MS) })
    refusal.catch(() => undefined)
    socket.connect(port, address)
    await once(socket, 'connect')
    const source = socket.address().address
    socket.send(Buffer.alloc(0))
    await refusal.catch((error: unknown) => {
      if (!(error instanceof Error && error.name === 'AbortError')) throw error
    })
    return source
  } finally {
    socket.close()
  }
}

function remedyOf(error: unknown, address: string): string {
  if (codeOf(error) === 'ECONNREFUSED') return 'start the collector there, or mend the port'
  return `look at the route and the firewall: ip route get ${address}`
}
