import { existsSync, readFileSync } from 'node:fs'
import { TidemarkError } from '../common/index.ts'

const DATABASES = { user: '/etc/passwd', group: '/etc/group' } as const

/**
 * The number of a user or group: one that is given as a number is taken as it is, a name is looked up in the local
 * database (passwd(5), group(5): name, password, number, separated by colons).
 *
 * @throws TidemarkError ACCOUNT_UNKNOWN
 */
export function accountId(kind: keyof typeof DATABASES, name: string): number {
  if (/^\d+$/.test(name)) return Number(name)
  const file = DATABASES[kind]
  // A container may have none.
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  for (const line of lines) {
    const [entry, , id] = line.split(':')
    if (entry === name && id !== undefined) return Number(id)
  }
  throw new TidemarkError('ACCOUNT_UNKNOWN', { kind, name, file })
}
