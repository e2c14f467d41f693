import { stringify } from 'yaml'
import { type ConfigurationSchema, isSection } from '../../src/common/index.ts'

const COMMENT_WIDTH = 76

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
    const comment = wrap(child.description ?? '', COMMENT_WIDTH).map(line => `${indent}# ${line}`)
    if (isSection(child)) return [...comment, `${indent}${name}:`, ...lines(child, depth + 1)]
    return [...comment, `${indent}${name}: ${inline(child.default)}`]
  })
}

/** A text as lines of at most the given width; a longer word stays whole. */
function wrap(text: string, width: number): string[] {
  const result: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = result.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) result[result.length - 1] = `${last} ${word}`
    else result.push(word)
  }
  return result
}

/** A value on one line, as YAML. */
function inline(value: unknown): string {
  if (value === undefined) return ''
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd()
}
