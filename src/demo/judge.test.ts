import { describe, expect, it } from 'vitest'
import { encodeFlowLabel, type Firefly, formatFirefly } from '../scitags/index.ts'
import { judge } from './judge.ts'
import type { Observation } from './observation.ts'
import { PLAN } from './plan.ts'
import { printReport } from './print.ts'

const LABEL = encodeFlowLabel({ experiment: PLAN.experiment, activity: PLAN.activity, entropy: 5 })
const PACKETS = 100
const NO_RETRANSMISSIONS = { declared: 0, other: 0 }

function firefly(changes: Partial<Firefly> = {}): string {
  return `<134>1 - a tidemark - firefly-json - ${formatFirefly({
    state: 'start',
    flow: {
      protocol: 'tcp',
      family: 'ipv6',
      source: { address: PLAN.sender, port: PLAN.flows.declared.port },
      destination: { address: PLAN.receiver, port: PLAN.servicePort },
    },
    experiment: PLAN.experiment,
    activity: PLAN.activity,
    startTimeUs: 1_800_000_000_000_000,
    ...changes,
  })}`
}

/** An observation that shows everything. */
function good(): Observation {
  const tally = (label: number, trafficClass: number) => ({
    dataPackets: PACKETS,
    dataBytes: PLAN.transferBytes,
    labels: { [label]: PACKETS } as Record<number, number>,
    trafficClasses: { [trafficClass]: PACKETS } as Record<number, number>,
    sample: `6ba${label.toString(16).padStart(5, '0')}05b40640`,
  })
  return {
    tallies: { declared: tally(LABEL, 0xba), other: tally(0, 0x2a) },
    captured: 250,
    dropped: 0,
    fireflies: [firefly(), firefly({ state: 'end', endTimeUs: 1_800_000_001_000_000 })],
  }
}

/** The names of the checks that fail when the observation is damaged so. */
function failures(damage: (observation: Observation) => void, retransmissions = NO_RETRANSMISSIONS): string {
  const observation = good()
  damage(observation)
  return judge(observation, retransmissions)
    .checks.filter(check => !check.passed)
    .map(check => `${check.name}: ${check.detail}`)
    .join('\n')
}

describe('the verdict of the demo', () => {
  it('passes what shows everything', () => {
    expect(failures(() => undefined)).toBe('')
    expect(judge(good(), NO_RETRANSMISSIONS).passed).toBe(true)
  })

  it('fails when one packet of the declared transfer is unmarked', () => {
    const found = failures(({ tallies }) => {
      tallies.declared.labels = { [LABEL]: PACKETS - 1, 0: 1 }
    })
    expect(found).toMatch(/every data packet of the declared transfer carries the tag: 99 of 100/)
    expect(found).toMatch(/same for its whole life/)
  })

  it('fails when the label changes its entropy or carries other ids', () => {
    const otherEntropy = encodeFlowLabel({ experiment: PLAN.experiment, activity: PLAN.activity, entropy: 6 })
    expect(
      failures(({ tallies }) => {
        tallies.declared.labels = { [LABEL]: 50, [otherEntropy]: 50 }
      }),
    ).toMatch(/^its label stays the same for its whole life: 0x\w+, 0x\w+$/)
    const otherActivity = encodeFlowLabel({ experiment: PLAN.experiment, activity: 15, entropy: 5 })
    expect(
      failures(({ tallies }) => {
        tallies.declared.labels = { [otherActivity]: PACKETS }
      }),
    ).toMatch(/^every data packet.*: 0 of 100$/)
  })

  it('fails when one packet of the other transfer is touched, even without the tag', () => {
    expect(
      failures(({ tallies }) => {
        tallies.other.labels = { 0: 99, 1: 1 }
      }),
    ).toBe('no packet of the other transfer is touched: 1 of 100')
  })

  it('fails when nothing was captured, or not everything', () => {
    const found = failures(({ tallies }) => {
      tallies.declared = { dataPackets: 0, dataBytes: 0, labels: {}, trafficClasses: {}, sample: '' }
    })
    expect(found).toMatch(/the capture is complete: .*fewer bytes than were sent/)
    expect(found).toMatch(/every data packet of the declared transfer carries the tag: 0 of 0/)
    expect(
      failures(observation => {
        observation.dropped = 3
      }),
    ).toBe('the capture is complete: 250 packets, 3 dropped')
  })

  it('fails when a traffic class lost bits, but for what the kernel sends again', () => {
    const lostEcn = ({ tallies }: Observation) => {
      tallies.declared.trafficClasses = { [0xba]: 98, [0xb8]: 2 }
    }
    expect(failures(lostEcn)).toBe(
      'the traffic class of the declared transfer is as its application set it: 0xba × 98, 0xb8 × 2 (sent again, without ECN)',
    )
    expect(failures(lostEcn, { declared: 2, other: 0 })).toBe('')
    const lostNibble = ({ tallies }: Observation) => {
      tallies.declared.trafficClasses = { [0xb0]: PACKETS }
    }
    expect(failures(lostNibble, { declared: PACKETS, other: 0 })).toMatch(/0xb0 × 100/)
  })

  it.each([
    ['is missing', [], /start firefly.*: none came\nthe end firefly.*: none came/],
    ['has no schema', ['{"state":"start"}'], /none came/],
    ['has no end time', [firefly(), firefly({ state: 'end' })], /^the end firefly.*flow-lifecycle/],
    ['names another flow', [firefly({ activity: 15 })], /it says experiment 3, activity 15/],
    ['came twice', [firefly(), firefly()], /^the start firefly.*valid, experiment 3, activity 14; valid/],
  ])('fails when a firefly %s', (_, fireflies, expected) => {
    const found = failures(observation => {
      observation.fireflies = fireflies
    })
    expect(found).toMatch(expected)
  })

  it('is printed with its reasons', () => {
    const observation = good()
    observation.fireflies = []
    const text = printReport(judge(observation, NO_RETRANSMISSIONS), 2_500)
    expect(text).toContain('FAIL in 2.5 s: not shown that the start firefly arrived')
    expect(text).toMatch(/40001 +declared +100 +100\.0 % +0x\w{5} +cms, Analysis Input +0xba/)
    expect(text).toMatch(/40002 +not declared +100 +0\.0 % +0x00000 +nothing +0x2a/)
    expect(text).toContain('flow label: experiment 3 (cms), activity 14 (Analysis Input), entropy 5')
    expect(printReport(judge(good(), NO_RETRANSMISSIONS), 2_500)).toContain('PASS in 2.5 s')
  })
})
