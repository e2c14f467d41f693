import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { parseFireflyDatagram } from '../../../src/scitags/index.ts'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { freePort } from '../../support/free-port.ts'

async function open(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** As dCache writes them: times with `Z`, statistics of its own. */
const firefly = (state: 'start' | 'end', more: object) =>
  '<134>1 2025-12-11T10:22:46.5Z 192.0.2.9 dCache - firefly-json - ' +
  JSON.stringify({
    version: 1,
    'flow-lifecycle': { state, 'start-time': '2025-12-11T10:22:45Z', 'end-time': '2025-12-11T10:22:46Z' },
    'flow-id': {
      afi: 'ipv4',
      'src-ip': '127.0.0.9',
      'dst-ip': '127.0.0.8',
      protocol: 'tcp',
      'src-port': 40_000,
      'dst-port': 1094,
    },
    context: { 'experiment-id': 2, 'activity-id': 9 },
    ...more,
  })

describe('flowd that receives fireflies', () => {
  it('knows the flow, announces it with what it was told, relays the bytes, and hears none of its own', async () => {
    const [collector, upstream] = await Promise.all([open(), open()])
    const bindPort = await freePort('udp')
    const heard = { announced: [] as string[], relayed: [] as string[] }
    collector.on('message', bytes => heard.announced.push(bytes.toString()))
    upstream.on('message', bytes => heard.relayed.push(bytes.toString()))
    await using flowd = new FlowdProcess({
      configuration: {
        plugins: {
          // The wildcard address also hears what goes to the flow's destination, which is this host.
          fireflyp: {
            bindAddress: '::',
            bindPort,
            hasSyslogHeader: true,
            fireflyReceivers: [{ address: '127.0.0.1', port: upstream.address().port }],
          },
        },
        backends: {
          firefly: { destinationPort: bindPort, sendToCollector: true, collectorPort: collector.address().port },
        },
      },
    })
    await flowd.ready()
    const [start, end] = [firefly('start', { usage: {} }), firefly('end', { 'storage-stats': { 'read-bw': 5 } })]
    upstream.send(start, bindPort, '127.0.0.1')
    await expect.poll(() => flowd.control.flows()).toHaveLength(1)
    upstream.send(end, bindPort, '127.0.0.1')
    await expect.poll(() => flowd.control.flows()).toHaveLength(0)
    await expect.poll(() => heard.announced).toHaveLength(2)
    expect(heard.relayed).toEqual([start, end])
    const announced = heard.announced.map(text => parseFireflyDatagram(text))
    const startTimeUs = Date.UTC(2025, 11, 11, 10, 22, 45) * 1000
    expect(announced[0]).toMatchObject({ value: { firefly: { state: 'start', startTimeUs } } })
    expect(announced[1]).toMatchObject({
      value: {
        firefly: { state: 'end', endTimeUs: startTimeUs + 1e6, blocks: { 'storage-stats': { 'read-bw': 5 } } },
      },
    })
    expect(flowd.stderr + flowd.stdout).toMatch(/fireflyp.*another name[\s\S]*hasSyslogHeader.*no effect/)
    const metrics = async () => (await flowd.get('/metrics')).text
    await expect.poll(metrics).toContain('dropped_total{stage="plugin firefly",cause="own"} 2')
    await expect.poll(metrics).toContain('passed_total{stage="firefly relay"} 2')
    for (const socket of [collector, upstream]) socket.close()
  })
})
