import { isTidemarkError, messageOf } from '../common/index.ts'
import { type Finding, failed } from './finding.ts'

/**
 * Looks at one thing, going by what the role gives it. It is named `checkTHING`: a check that cannot be done is
 * reported under that name.
 */
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
