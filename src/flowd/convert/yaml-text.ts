export type YamlScalar = string | number | boolean
export type YamlValue = YamlScalar | readonly YamlValue[] | YamlSection

/** Keys in their order; a key whose value is undefined is left out. */
export interface YamlSection {
  readonly [key: string]: YamlValue | undefined
}

/** Words that YAML reads as something else than a text. */
const RESERVED = /^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i
const PLAIN = /^[\p{L}/][\p{L}\p{N}_./-]*$/u

/** A configuration as YAML: sections in block form, lists and items of lists in flow form. */
export function yamlText(section: YamlSection, indent = ''): string {
  return Object.entries(section)
    .map(([key, value]) => {
      if (value === undefined) return ''
      if (!isSection(value)) return `${indent}${key}: ${flow(value)}\n`
      const inside = yamlText(value, `${indent}  `)
      return inside === '' ? `${indent}${key}: {}\n` : `${indent}${key}:\n${inside}`
    })
    .join('')
}

/** Lines of text as comments. */
export function yamlComments(lines: readonly string[]): string {
  return lines.map(line => `# ${line.replace(/[\p{Cc}\u{2028}\u{2029}]+/gu, ' ')}`.trimEnd().concat('\n')).join('')
}

function flow(value: YamlValue): string {
  if (typeof value === 'string') return PLAIN.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value)
  if (typeof value !== 'object') return String(value)
  if (!isSection(value)) return `[${value.map(flow).join(', ')}]`
  const pairs = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return `{${pairs.map(([key, inner]) => `${key}: ${flow(inner ?? '')}`).join(', ')}}`
}

function isSection(value: YamlValue): value is YamlSection {
  return typeof value === 'object' && !Array.isArray(value)
}
