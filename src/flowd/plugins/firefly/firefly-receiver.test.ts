import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fireflyText as text } from '../../../../test/support/firefly-text.ts'
import { describePlugin } from '../../../../test/support/flowd/plugin-conformance.ts'
import { RECEIVER_DEFAULTS, Receivers, udpSocket } from '../../../../test/support/flowd/receivers.ts'
import { freePort } from '../../../../test/support/free-port.ts'
import { datagramsSurvive } from '../../../../test/support/properties/firefly-receiver.ts'
import { formatFirefly } from '../../../scitags/index.ts'
import type { FlowEvent } from '../../event.ts'
import { firefly } from './index.ts'

const receivers = new Receivers()
afterEach(() => receivers.stop())
afterAll(() => receivers.close())

let shared = 0
beforeAll(async () => {
  shared = await freePort('udp')
})

const textOf = ({ state, flow, experiment, activity }: FlowEvent) =>
  formatFirefly({ state, flow, experiment, activity })

describePlugin('firefly', {
  create: context => firefly.create({ ...RECEIVER_DEFAULTS, bindPort: shared }, context),
  tell: async (_plugin, events) => {
    for (const event of events) await receivers.send(shared, textOf(event))
  },
  tellNonsense: () => receivers.send(shared, 'no firefly'),
  refusalCause: 'syntax',
  reach: async () => {
    const taken = await udpSocket(shared).catch(() => undefined)
    if (taken === undefined) return
    taken.close()
    await once(taken, 'close')
    throw new Error('nobody holds the port')
  },
})

describe('the firefly receiver', () => {
  it('hears both families at ::, and reads what waits when it stops', async () => {
    const { plugin, events, port } = await receivers.start({ bindAddress: '::' })
    for (let index = 0; index < 20; index += 1) await receivers.send(port, text())
    await receivers.send(port, text(), '::1')
    await plugin.stop()
    expect(events).toHaveLength(21)
  })

  it('does not start on a port that is taken, or at an address of others', async () => {
    const { port } = await receivers.start()
    await expect(receivers.start({ bindPort: port })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await expect(receivers.start({ bindAddress: '192.0.2.1' })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })

  it('counts what the kernel drops while flowd is busy, and says so', async () => {
    const { plugin, port, account, context } = await receivers.start({ receiveBuffer: 8192 })
    // Nothing is received while this waits.
    spawnSync('python3', ['-c', FLOOD, String(port)])
    await expect.poll(() => account.passed).toBeGreaterThan(0)
    await plugin.stop()
    expect(account.dropped('kernel')).toBeGreaterThan(0)
    expect(account.received).toBe(2000)
    expect(context.lines.at(-1)?.message).toContain('the kernel dropped fireflies')
  })

  it('survives any datagram', () => datagramsSurvive(20_000), 60_000)
})

const FLOOD = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(('127.0.0.1', int(sys.argv[1])))
for _ in range(2000): s.send(b'''${text()}''')
`
