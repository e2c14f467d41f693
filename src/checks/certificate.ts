import type { X509Certificate } from 'node:crypto'
import { type Finding, failed, ok, warning } from './finding.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Who renews certificates by itself does so earlier than this. */
const SOON_DAYS = 14

/**
 * For how long a certificate is valid.
 *
 * @param check what it is called in the report
 * @param renewal how to renew it, as in `renew FILE`
 */
export function judgeValidity(check: string, certificate: X509Certificate, renewal: string): Finding {
  const { validFromDate: from, validToDate: to } = certificate
  const nowMs = Date.now()
  if (from.getTime() > nowMs)
    return failed(check, `is valid from ${from.toISOString()} on only`, `${renewal}, or mend the clock`)
  const leftDays = Math.floor((to.getTime() - nowMs) / DAY_MS)
  if (to.getTime() < nowMs) return failed(check, `expired at ${to.toISOString()}`, renewal)
  const found = `valid until ${to.toISOString()}`
  if (leftDays >= SOON_DAYS) return ok(check, found)
  return warning(
    check,
    `${found}, for ${leftDays} more days`,
    `${renewal}; what renews it by itself should have done so`,
  )
}
