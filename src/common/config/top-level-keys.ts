import { parseSource } from './source-tree.ts'

/** The keys at the top of a configuration's text, YAML or JSON; none where it cannot be parsed. */
export function topLevelKeys(text: string): string[] {
  const { root } = parseSource(text)
  return root?.kind === 'map' ? [...root.entries.keys()] : []
}
