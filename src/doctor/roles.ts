import { readFileSync } from 'node:fs'
import { CollectorConfiguration, usualCollectorFiles } from '../collector/index.ts'
import { topLevelKeys } from '../common/index.ts'
import { FLOWD_CONFIGURATION, FLOWD_FILES } from '../flowd/index.ts'

/** What this program can be on a host. */
export const ROLES = ['flowd', 'collector'] as const
export type Role = (typeof ROLES)[number]

/** Where systemd notes that a unit is to be started with the system. */
const WANTS = '/etc/systemd/system/multi-user.target.wants'

const COLLECTOR_KEYS: ReadonlySet<string> = new Set(Object.keys(CollectorConfiguration.properties))
const FLOWD_KEYS: ReadonlySet<string> = new Set(Object.keys(FLOWD_CONFIGURATION.properties))

/** The text of a file; undefined where there is none that can be read: who reads it for good tells why. */
type Read = (file: string) => string | undefined

/**
 * What this host is set up for: by a unit that is enabled, or by a configuration that says something. In those that the
 * packages install every key is a comment.
 *
 * @param read replaces the look into the file system, for tests
 */
export function rolesOfHost(environment: NodeJS.ProcessEnv, read: Read = readText): Role[] {
  const files: Record<Role, readonly string[]> = { flowd: FLOWD_FILES, collector: usualCollectorFiles(environment) }
  return ROLES.filter(role => {
    const isEnabled = read(`${WANTS}/tidemark-${role}.service`) !== undefined
    return isEnabled || files[role].some(file => topLevelKeys(read(file) ?? '').length > 0)
  })
}

/** Whose configuration a file is, by its keys; flowd's when they do not tell. */
export function roleOfFile(file: string, read: Read = readText): Role {
  const keys = topLevelKeys(read(file) ?? '')
  const isCollectors = keys.some(key => COLLECTOR_KEYS.has(key)) && !keys.some(key => FLOWD_KEYS.has(key))
  return isCollectors ? 'collector' : 'flowd'
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
