import { isTidemarkError, messageOf } from '../common/index.ts'

/** What one look at this host came to. */
export interface Finding {
  /** What was looked at, as `libbpf` or `interface eth0`. */
  check: string
  /**
   * `failed`: something that the configuration names will not work. `warning`: it works, but not as well as it could.
   */
  status: 'ok' | 'warning' | 'failed'
  /** What was found. */
  found: string
  /** What to do; '' when nothing is. */
  remedy: string
}

export function ok(check: string, found: string): Finding {
  return { check, status: 'ok', found, remedy: '' }
}

export function warning(check: string, found: string, remedy: string): Finding {
  return { check, status: 'warning', found, remedy }
}

export function failed(check: string, found: string, remedy: string): Finding {
  return { check, status: 'failed', found, remedy }
}

/** Looks at one thing, going by what the role gives it. */
export type Check<Context> = (context: Context) => Finding[] | Promise<Finding[]>

/** Carries out checks one after the other. A check that cannot be done is a finding too. */
export async function examine<Context>(checks: readonly Check<Context>[], context: Context): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const check of checks) findings.push(...(await carryOut(check, context)))
  return findings
}

async function carryOut<Context>(check: Check<Context>, context: Context): Promise<Finding[]> {
  try {
    return await check(context)
  } catch (error) {
    const remedy = isTidemarkError(error) ? error.remedy : 'please report the message'
    return [failed(check.name.replace(/^check/, '').toLowerCase(), messageOf(error), remedy)]
  }
}
