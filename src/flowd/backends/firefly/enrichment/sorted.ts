/** An object with its keys in the order of their bytes, capitals first: flowd-go writes sorted maps. */
export function sorted<Value>(object: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(object).sort(([left], [right]) => (left < right ? -1 : 1)))
}
