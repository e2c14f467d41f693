import { stringify } from 'yaml'
import { type ConfigurationSchema, isSection } from '../../src/common/index.ts'

/**
 * A configuration file in which every key stands commented out with its default, each under its description. Removing
 * the `# ` of a key and of the sections above it turns it on; nothing else needs to change.
 */
export function sampleConfiguration(schema: ConfigurationSchema): string {
  return lines(schema, 0)
    .map(line => (line === '' ? '' : `# ${line}`))
    .join('\n')
    .concat('\n')
}

function lines(schema: ConfigurationSchema, depth: number): string[] {
  const indent = '  '.repeat(depth)
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const comment = (child.description ?? '').split('\n').map(line => `${indent}# ${line}`.trimEnd())
    if (isSection(child)) return [...comment, `${indent}${name}:`, ...lines(child, depth + 1)]
    return [...comment, `${indent}${name}: ${inline(child.default)}`]
  })
}

/** A value on one line, as YAML. */
function inline(value: unknown): string {
  if (value === undefined) return ''
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd()
}
