import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inNetworkNamespace } from '../../../src/linux/index.ts'
import { tupleOf } from '../../support/five-tuple.ts'
import { linkOf } from '../../support/links.ts'
import { MarkerInNamespace, pairIsUp, sendDatagrams } from '../../support/marker-in-namespace.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'

const laboratory = new Laboratory()
let left: TestNamespace
beforeAll(async () => {
  const pair = laboratory.pair()
  left = pair.left
  await pairIsUp(pair.left, pair.right)
})
afterAll(() => laboratory.close())

const ENDS = { source: '2001:db8:1::1', destination: '2001:db8:1::2', destinationPort: 5001 }

/** At once: 2,000 datagrams from port 4005, and one from 4006. */
const MANY_AND_ONE = `
import socket
def send(port, count):
    end = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    end.bind(('2001:db8:1::1', port))
    for _ in range(count): end.sendto(b'data', ('2001:db8:1::2', 5001))
send(4005, 2000)
send(4006, 1)`

describe('debugMode', () => {
  it.each(['label', 'hopByHop'] as const)('logs what became of each packet, strategy %s', async markingStrategy => {
    const marker = await MarkerInNamespace.start(left, { markingStrategy, debugMode: true })
    marker.mark(tupleOf({ ...ENDS, sourcePort: 4001, protocol: 'udp' }), 5)
    sendDatagrams(left, 4001, 5001, 2)
    sendDatagrams(left, 4002, 5001, 1)
    const told = () =>
      marker.lines
        .filter(({ message }) => message === 'packet')
        .filter(({ fields }) => String(fields['flow']).endsWith(':5001'))
        .map(({ level, fields }) => ({ level, ...fields }))
    const common = {
      level: 'debug',
      interfaceIndex: inNetworkNamespace(left.path, () => linkOf('eth0').index),
      bytes: 14 + 40 + 8 + 4,
    }
    const marked = { ...common, outcome: 'marked', flow: 'udp [2001:db8:1::1]:4001 > [2001:db8:1::2]:5001' }
    const other = { ...common, outcome: 'no_flow', flow: 'udp [2001:db8:1::1]:4002 > [2001:db8:1::2]:5001' }
    await expect.poll(told).toEqual([marked, marked, other])
    await marker.stop()
  })

  it('shows the packets of a declared flow among many of others', async () => {
    const marker = await MarkerInNamespace.start(left, { debugMode: true })
    marker.mark(tupleOf({ ...ENDS, sourcePort: 4006, protocol: 'udp' }), 5)
    left.exec('python3', '-c', MANY_AND_ONE)
    await expect.poll(() => marker.metrics.stage('verdicts').received).toBeGreaterThan(2000)
    await marker.stop()
    const shown = marker.lines.filter(({ message }) => message === 'packet').map(({ fields }) => fields)
    expect(shown).toContainEqual(expect.objectContaining({ outcome: 'marked' }))
    const leftOut = marker.lines.filter(({ message }) => message === 'similar lines were left out')
    expect(leftOut.map(({ fields }) => fields['outcome'])).toContain('no_flow')
  })

  it('counts what it cannot log', async () => {
    const marker = await MarkerInNamespace.start(left, { debugMode: true })
    sendDatagrams(left, 4003, 5001, 20_000)
    const account = marker.metrics.stage('verdicts')
    await expect.poll(() => account.received).toBeGreaterThanOrEqual(20_000)
    await marker.stop()
    expect(account.received).toBe(marker.marker.packets.seen)
    expect(account.passed + account.dropped()).toBe(account.received)
    expect(marker.lines.filter(({ message }) => message === 'packet')).toHaveLength(account.passed)
    expect(account.dropped('rate')).toBeGreaterThan(0)
    expect(marker.lines.map(({ message }) => message)).toContain('similar lines were left out')
  })

  it('is silent otherwise', async () => {
    const marker = await MarkerInNamespace.start(left)
    sendDatagrams(left, 4004, 5001, 1)
    expect(marker.marker.packets.seen).toBeGreaterThan(0)
    await marker.stop()
    expect(marker.lines.filter(({ level }) => level === 'debug')).toEqual([])
  })
})
