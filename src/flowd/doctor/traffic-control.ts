import { type Finding, failed, ok, warning } from '../../checks/index.ts'
import { isTidemarkError } from '../../common/index.ts'
import { type Filter, type Link, listFilters, listQdiscs, type NetlinkSocket } from '../../linux/index.ts'
import { isFlowdGoFilter, isOurFilter } from '../backends/index.ts'
import type { FlowdConfiguration } from '../configuration/index.ts'
import { ControlClient } from '../daemon/index.ts'
import { kernelHasTcx } from './kernel.ts'

export type MarkerSection = NonNullable<NonNullable<FlowdConfiguration['backends']>['marker']>

/** What stands on an interface's clsact qdisc beside the marker, or in its way. */
export async function checkTrafficControl(
  socket: NetlinkSocket,
  { name, index }: Link,
  { attach }: MarkerSection,
  controlSocket: string,
): Promise<Finding[]> {
  const check = `filters ${name}`
  const filters = listFilters(socket, index, 'egress')
  const ours = filters.filter(isOurFilter)
  const others = filters.filter(filter => !isOurFilter(filter))
  const findings: Finding[] = []

  if (ours.length > 0 && !(await flowdAnswers(controlSocket))) {
    const found = `${ours.length} of ours, and no flowd answers at ${controlSocket}: a killed one left them, and they mark by old orders`
    findings.push(warning(check, found, `start flowd, or: tidemark flowd marker clean --target-interface ${name}`))
  }
  const rival = others.find(isFlowdGoFilter)
  if (rival !== undefined) {
    const remedy = `stop flowd-go; if it is gone: tidemark flowd marker clean --target-interface ${name}`
    findings.push(
      warning(
        check,
        'flowd-go marks here too, or left its filter, which marks by old orders or keeps packets from ours',
        remedy,
      ),
    )
  }
  const byTcx = attach !== 'clsact' && kernelHasTcx()
  if (!byTcx && listQdiscs(socket).some(({ kind, interfaceIndex }) => kind === 'ingress' && interfaceIndex === index)) {
    const remedy = `replace it by clsact, which does the same and more: tc qdisc delete dev ${name} ingress; tc qdisc add dev ${name} clsact`
    findings.push(failed(check, 'a qdisc ingress stands where clsact must', remedy))
  }
  const foreign = others.filter(filter => filter !== rival)
  if (foreign.length > 0) findings.push(judgeForeign(check, name, foreign, byTcx))
  if (findings.length > 0) return findings
  return [ok(check, ours.length > 0 ? 'ours, of the flowd that runs' : 'none of others')]
}

/**
 * Filters of others come after a program that is attached by TCX. As a filter, ours takes the first priority from 2 on
 * that is free: what stands before it may end a packet's way there.
 */
function judgeForeign(check: string, name: string, filters: readonly Filter[], byTcx: boolean): Finding {
  const names = filters
    .toSorted((one, other) => one.priority - other.priority)
    .map(({ priority, kind, bpfName }) => `priority ${priority} ${kind}${bpfName === '' ? '' : ` ${bpfName}`}`)
  // The kernel lists the tables of a u32 filter beside its rules.
  const list = [...new Set(names)].join(', ')
  if (byTcx) return ok(check, `of others: ${list}; they come after ours`)
  const taken = new Set(filters.map(({ priority }) => priority))
  if (!taken.has(1) && !taken.has(2)) return ok(check, `of others: ${list}; they come after ours`)
  const remedy = `see that they let packets go on (TC_ACT_UNSPEC or pipe): tc filter show dev ${name} egress`
  return warning(check, `of others: ${list}; what ends a packet's way before ours leaves it unmarked`, remedy)
}

async function flowdAnswers(controlSocket: string): Promise<boolean> {
  try {
    await new ControlClient(controlSocket).health()
    return true
  } catch (error) {
    if (isTidemarkError(error, 'FLOWD_UNREACHABLE')) return false
    // Something is there; that it lets this user not in, or is stuck, is told beside the running flowd.
    if (isTidemarkError(error)) return true
    throw error
  }
}
