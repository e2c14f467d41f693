/** A value that a Python file states literally. Integers beyond 2^53 lose their last digits. */
export type PythonValue = string | number | boolean | null | PythonSequence | PythonDictionary

/** A list, tuple or set: what it is makes no difference to who iterates over it. */
export interface PythonSequence {
  kind: 'sequence'
  items: PythonValue[]
}

export interface PythonDictionary {
  kind: 'dictionary'
  entries: [key: PythonValue, value: PythonValue][]
}

export function isSequence(value: PythonValue): value is PythonSequence {
  return typeof value === 'object' && value !== null && value.kind === 'sequence'
}

/** What Python takes for true in a condition. */
export function isTruthy(value: PythonValue): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value)
  return (value.kind === 'sequence' ? value.items : value.entries).length > 0
}

/** A value as Python would write it, shortened for a message. */
export function describeValue(value: PythonValue): string {
  const text = spell(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function spell(value: PythonValue): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return String(value)
  if (value.kind === 'sequence') return `[${value.items.map(spell).join(', ')}]`
  return `{${value.entries.map(([key, entry]) => `${spell(key)}: ${spell(entry)}`).join(', ')}}`
}
