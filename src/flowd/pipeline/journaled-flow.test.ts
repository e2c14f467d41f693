import { describe, expect, it } from 'vitest'
import { flowOf, startEvent } from '../../../test/support/flowd/flows.ts'
import { everyFlow } from '../../scitags/index.ts'
import type { SocketVerdict } from '../flow-table/index.ts'
import { fateOf, RESTART_US } from './journaled-flow.ts'

const END_US = 1_700_000_000_000_000

describe('a flow of the journal', () => {
  it.each([
    ['alive', 'lives'],
    ['unknown', 'may live'],
    ['gone', 'ends'],
  ] as const)('that a crash left and whose socket is %s: %s', (verdict, fate) => {
    expect(fateOf(flowOf(startEvent(1)), () => verdict, END_US)).toBe(fate)
  })

  it.each([
    ['alive', RESTART_US, 'lives'],
    ['alive', RESTART_US + 1, 'forgotten'],
    ['unknown', 0, 'forgotten'],
    ['gone', 0, 'forgotten'],
  ] as const)('whose end was announced, socket %s, %i µs later: %s', (verdict, laterUs, fate) => {
    const flow = { ...flowOf(startEvent(1)), endTimeUs: END_US }
    expect(fateOf(flow, () => verdict, END_US + laterUs)).toBe(fate)
  })

  it('that stands for every packet does not go on, and no socket is asked for', () => {
    const flow = { ...flowOf(startEvent(1)), tuple: everyFlow('tcp') }
    const probe = (): SocketVerdict => {
      throw new Error('asked')
    }
    expect(fateOf(flow, probe, END_US)).toBe('ends')
    expect(fateOf({ ...flow, endTimeUs: END_US }, probe, END_US)).toBe('forgotten')
  })
})
