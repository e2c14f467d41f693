import { serve } from './agent.ts'
import { Receiver } from './receiver.ts'
import { Sender } from './sender.ts'

export { ROLE_VARIABLE } from './agent.ts'
export { playDemo } from './director.ts'
export type { Omission } from './flowd-configuration.ts'
export type { DemoReport } from './judge.ts'
export { printReport, printScene, printStep } from './print.ts'

/** The two hosts of the demo; each runs in a process of its own. */
export const DEMO_ROLES = ['sender', 'receiver'] as const
export type DemoRole = (typeof DEMO_ROLES)[number]

/** Is one of the hosts until the director leaves. */
export function serveRole(role: DemoRole): void {
  const host = role === 'sender' ? new Sender() : new Receiver()
  serve(host.actions, () => host.close())
}
