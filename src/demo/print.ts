import { styleText } from 'node:util'
import { decodeFlowLabel, REGISTRY_SNAPSHOT, Registry } from '../scitags/index.ts'
import { grouped, hexadecimal } from './format.ts'
import type { Check, DemoReport, TransferReport } from './judge.ts'
import { FLOW_NAMES, PLAN } from './plan.ts'

type Style = Parameters<typeof styleText>[0]

/** Colours a text when standard output is a terminal that wants colours. */
function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

const registry = new Registry(REGISTRY_SNAPSHOT)

/** What stands above the steps. */
export function printScene(): string {
  const [left, right] = [`  host a  ${PLAN.sender}  `, `  host b  ${PLAN.receiver}  `]
  const [top, bottom] = [
    (text: string) => `┌${'─'.repeat(text.length)}┐`,
    (text: string) => `└${'─'.repeat(text.length)}┘`,
  ]
  const cable = ` ${PLAN.interfaceName} `
  const gap = ' '.repeat(cable.length + 4)
  return [
    paint('bold', 'Two hosts, one cable, two transfers side by side: one is declared, the other is not.'),
    '',
    `  ${top(left)}${gap}${top(right)}`,
    `  │${left}├──${cable}──┤${right}│`,
    `  ${bottom(left)}${gap}${bottom(right)}`,
    '',
  ].join('\n')
}

/** One step, with the time since the demo began. */
export function printStep(elapsedMs: number, text: string): string {
  return `  ${paint('dim', `${(elapsedMs / 1000).toFixed(1)} s`)}  ${text}`
}

/** The proof: what was captured, how the label reads, and what it proves. */
export function printReport(report: DemoReport, elapsedMs: number): string {
  const verdict = report.passed ? paint(['green', 'bold'], 'PASS') : paint(['red', 'bold'], 'FAIL')
  const failed = report.checks.filter(check => !check.passed).map(check => check.name)
  return [
    '',
    paint(
      'bold',
      `What host b captured of each transfer (${grouped(PLAN.transferBytes / 1e6)} MB to port ${PLAN.servicePort})`,
    ),
    '',
    ...printTransfers(FLOW_NAMES.map(name => report.transfers[name])),
    '',
    ...printHeader(report.transfers.declared),
    '',
    ...report.checks.map(printCheck),
    '',
    `${verdict} in ${(elapsedMs / 1000).toFixed(1)} s${failed.length === 0 ? '' : `: not shown that ${failed.join('; ')}`}`,
  ].join('\n')
}

function printTransfers(transfers: readonly TransferReport[]): string[] {
  const headings = ['from port', '', 'data packets', 'tagged', 'flow label', 'says', 'traffic class']
  const rows = transfers.map(transfer => [
    String(transfer.sourcePort),
    transfer.name === 'declared' ? 'declared' : 'not declared',
    grouped(transfer.dataPackets).padStart(12),
    `${((100 * transfer.taggedPackets) / Math.max(1, transfer.dataPackets)).toFixed(1)} %`.padStart(7),
    hexadecimal(transfer.label, 5),
    transfer.taggedPackets === 0 ? 'nothing' : meaning(),
    hexadecimal(Number(mostFrequent(transfer.trafficClasses)), 2),
  ])
  const widths = headings.map((heading, index) => Math.max(heading.length, ...rows.map(row => row[index]!.length)))
  const line = (cells: readonly string[]) => cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')
  return [
    `  ${paint('dim', line(headings).trimEnd())}`,
    ...rows.map((row, index) => `  ${paint(index === 0 ? 'cyan' : 'reset', line(row).trimEnd())}`),
  ]
}

/** The first 32 bits of an IPv6 header, taken apart. */
function printHeader({ sample, expectedClass }: TransferReport): string[] {
  if (sample === '') return []
  const [version, trafficClass, label] = [sample.slice(0, 1), sample.slice(1, 3), sample.slice(3, 8)]
  const value = Number.parseInt(trafficClass, 16)
  const { experiment, activity, entropy } = decodeFlowLabel(Number.parseInt(label, 16))
  const experimentName = registry.experimentName(experiment) ?? 'unknown'
  const activityName = registry.activityName(experiment, activity) ?? 'unknown'
  const bits = paint('bold', `${version} ${trafficClass} ${paint('cyan', label)}`)
  return [
    `  ${bits}  ${paint('dim', "the declared transfer's first data packet: its IPv6 header begins so")}`,
    `  │ │  └ flow label: experiment ${experiment} (${experimentName}), activity ${activity} (${activityName}), entropy ${entropy}`,
    `  │ └ traffic class: DSCP ${value >> 2}, ECN ${value & 3}${value === expectedClass ? ', untouched' : ''}`,
    '  └ version',
  ]
}

function printCheck({ name, passed, detail }: Check): string {
  const mark = passed ? paint('green', '✔') : paint('red', '✘')
  return `  ${mark} ${name}: ${paint('dim', detail)}`
}

function meaning(): string {
  const { experiment, activity } = PLAN
  return `${registry.experimentName(experiment)}, ${registry.activityName(experiment, activity)}`
}

function mostFrequent(counts: Readonly<Record<number, number>>): string {
  return Object.entries(counts).sort(([, one], [, other]) => other - one)[0]?.[0] ?? '0'
}
