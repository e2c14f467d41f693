import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TidemarkError } from '../common/index.ts'
import { Agent } from './agent.ts'
import { flowdConfiguration, type Omission } from './flowd-configuration.ts'
import { type DemoReport, judge } from './judge.ts'
import { PLAN } from './plan.ts'
import type { Receiver } from './receiver.ts'
import type { Sender } from './sender.ts'

export interface DemoOptions {
  /** Is told each step as it is done. */
  onStep: (text: string) => void
  /** What is left out of flowd's configuration, to show that the demo can fail. */
  without?: Omission
  /** Ends the demo early; everything is cleaned up all the same. */
  signal: AbortSignal
}

/** How long a transfer may take, and how long a firefly. */
const TRANSFER_MS = 10_000
const FIREFLY_MS = 2_000
/** A mark is in the kernel some milliseconds after its line; data before that would be unmarked, as in real life. */
const SETTLE_MS = 100

/**
 * Plays the demo: two hosts in network namespaces of their own, flowd on one, two transfers, a capture on the other.
 *
 * @returns what was captured and whether it proves what it should
 * @throws TidemarkError DEMO_NEEDS_ROOT, DEMO_FLOWD_FAILED, DEMO_HOST_ENDED, PERMISSION_DENIED
 */
export async function playDemo(options: DemoOptions): Promise<DemoReport> {
  if (process.geteuid?.() !== 0) throw new TidemarkError('DEMO_NEEDS_ROOT', { user: userInfo().username })
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-demo-'))
  const sender = Agent.start<Sender['actions']>('sender')
  const receiver = Agent.start<Receiver['actions']>('receiver')
  const stopBoth = async (): Promise<void> => {
    await Promise.all([sender.stop(), receiver.stop()])
  }
  options.signal.addEventListener('abort', () => void stopBoth(), { once: true })
  try {
    return await play(sender, receiver, folder, options)
  } finally {
    await stopBoth()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function play(
  sender: Agent<Sender['actions']>,
  receiver: Agent<Receiver['actions']>,
  folder: string,
  { onStep, without }: DemoOptions,
): Promise<DemoReport> {
  await Promise.all([sender.call('enter', undefined), receiver.call('enter', undefined)])
  await sender.call('layCable', receiver.pid)
  await sender.call('plugIn', undefined)
  await receiver.call('listen', undefined)
  await Promise.all([sender.call('awaitCarrier', undefined), receiver.call('awaitCarrier', undefined)])
  onStep('two network namespaces joined by a cable; host b captures every packet')

  const [conf, pipe] = [join(folder, 'flowd.yaml'), join(folder, 'pipe')]
  writeFileSync(conf, flowdConfiguration(folder, pipe, without))
  await sender.call('startFlowd', { conf, pipe })
  onStep('flowd runs on host a')

  const { port } = PLAN.flows.declared
  const declaration = `tcp ${PLAN.sender} ${port} ${PLAN.receiver} ${PLAN.servicePort} ${PLAN.declaredAs}`
  await sender.call('connect', undefined)
  await sender.call('declare', `start ${declaration}`)
  onStep(`declared through the named pipe: start ${declaration}`)
  await receiver.call('awaitFireflies', { atLeast: 1, withinMs: FIREFLY_MS })
  await sleep(SETTLE_MS)

  await sender.call('transfer', undefined)
  await receiver.call('awaitBytes', { atLeast: 2 * PLAN.transferBytes, withinMs: TRANSFER_MS })
  const retransmissions = await sender.call('retransmissions', undefined)
  onStep('both transfers are through')
  await sender.call('declare', `end ${declaration}`)
  await receiver.call('awaitFireflies', { atLeast: 2, withinMs: FIREFLY_MS })
  await sender.call('stopFlowd', undefined)
  onStep('the end is declared, and flowd has left')
  return judge(await receiver.call('observe', undefined), retransmissions)
}
