import { encodeFlowLabel, FLOW_LABEL_MASK } from '../scitags/index.ts'
import { type FireflyReport, judgeFirefly } from './firefly-check.ts'
import { grouped, hexadecimal } from './format.ts'
import type { Observation, Retransmissions } from './observation.ts'
import { FLOW_NAMES, type FlowName, PLAN } from './plan.ts'
import type { Tally } from './tally.ts'

/** One transfer as captured on the receiving host. */
export interface TransferReport extends Tally {
  name: FlowName
  sourcePort: number
  /** Data packets whose label carries the declared experiment and activity. */
  taggedPackets: number
  /** The label of most packets. */
  label: number
  /** The traffic class that the sender's socket set, ECN included. */
  expectedClass: number
}

/** One thing that the demo proves, or fails to. */
export interface Check {
  name: string
  passed: boolean
  detail: string
}

export interface DemoReport {
  passed: boolean
  checks: Check[]
  transfers: Record<FlowName, TransferReport>
  fireflies: FireflyReport[]
  captured: number
  dropped: number
}

const TAG = encodeFlowLabel({ experiment: PLAN.experiment, activity: PLAN.activity, entropy: 0 })

/** Compares what was captured with what must be. Pure. */
export function judge(observation: Observation, retransmissions: Retransmissions): DemoReport {
  const transfers = {
    declared: reportTransfer('declared', observation.tallies.declared),
    other: reportTransfer('other', observation.tallies.other),
  }
  const fireflies = observation.fireflies.map(judgeFirefly)
  const checks = [
    checkCapture(observation, transfers),
    checkDeclared(transfers.declared),
    checkOneLabel(transfers.declared),
    checkOther(transfers.other),
    ...FLOW_NAMES.map(name => checkClass(transfers[name], retransmissions[name])),
    checkFirefly(fireflies, 'start'),
    checkFirefly(fireflies, 'end'),
  ]
  const { captured, dropped } = observation
  return { passed: checks.every(check => check.passed), checks, transfers, fireflies, captured, dropped }
}

function reportTransfer(name: FlowName, tally: Tally): TransferReport {
  const labels = Object.entries(tally.labels).map(([label, packets]) => ({ label: Number(label), packets }))
  const tagged = labels.filter(({ label }) => (label & FLOW_LABEL_MASK.tag) === TAG)
  const most = labels.reduce((best, next) => (next.packets > best.packets ? next : best), { label: 0, packets: 0 })
  const { port, dscpClass } = PLAN.flows[name]
  return {
    ...tally,
    name,
    sourcePort: port,
    taggedPackets: tagged.reduce((sum, { packets }) => sum + packets, 0),
    label: most.label,
    expectedClass: dscpClass | PLAN.ecn,
  }
}

function checkCapture({ captured, dropped }: Observation, transfers: DemoReport['transfers']): Check {
  const whole = FLOW_NAMES.every(name => transfers[name].dataBytes >= PLAN.transferBytes)
  return {
    name: 'the capture is complete',
    passed: dropped === 0 && whole,
    detail: `${grouped(captured)} packets, ${dropped} dropped${whole ? '' : ', and fewer bytes than were sent'}`,
  }
}

function checkDeclared({ taggedPackets, dataPackets }: TransferReport): Check {
  return {
    name: 'every data packet of the declared transfer carries the tag',
    passed: dataPackets > 0 && taggedPackets === dataPackets,
    detail: `${grouped(taggedPackets)} of ${grouped(dataPackets)}`,
  }
}

function checkOneLabel({ labels }: TransferReport): Check {
  const seen = Object.keys(labels).map(label => hexadecimal(Number(label), 5))
  return { name: 'its label stays the same for its whole life', passed: seen.length === 1, detail: seen.join(', ') }
}

function checkOther({ labels, dataPackets }: TransferReport): Check {
  const untouched = labels[0] ?? 0
  return {
    name: 'no packet of the other transfer is touched',
    passed: dataPackets > 0 && untouched === dataPackets,
    detail: `${grouped(dataPackets - untouched)} of ${grouped(dataPackets)}`,
  }
}

function checkClass(transfer: TransferReport, retransmissions: number): Check {
  const { trafficClasses, expectedClass, dataPackets, name } = transfer
  const sentAgainClass = expectedClass & ~PLAN.ecn
  const expected = trafficClasses[expectedClass] ?? 0
  const sentAgain = trafficClasses[sentAgainClass] ?? 0
  const seen = Object.entries(trafficClasses).sort(([, one], [, other]) => other - one)
  return {
    name: `the traffic class of the ${name} transfer is as its application set it`,
    passed: expected > 0 && sentAgain <= retransmissions && expected + sentAgain === dataPackets,
    detail: seen.map(([value, packets]) => describeClass(Number(value), packets, sentAgainClass)).join(', '),
  }
}

function describeClass(value: number, packets: number, sentAgainClass: number): string {
  const note = value === sentAgainClass ? ' (sent again, without ECN)' : ''
  return `${hexadecimal(value, 2)} × ${grouped(packets)}${note}`
}

function checkFirefly(fireflies: readonly FireflyReport[], state: 'start' | 'end'): Check {
  const found = fireflies.filter(firefly => firefly.state === state)
  const detail = found.length === 0 ? 'none came' : found.map(describeFirefly).join('; ')
  return {
    name: `the ${state} firefly arrived and conforms to the schema`,
    passed: found.length === 1 && found[0]?.problem === '',
    detail,
  }
}

function describeFirefly({ problem, experiment, activity }: FireflyReport): string {
  return problem || `valid, experiment ${experiment}, activity ${activity}`
}
